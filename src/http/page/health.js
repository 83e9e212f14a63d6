// @ts-check
/// <reference lib="dom" />
import { byId, create, setText } from "./dom.js";
import { formatAge, formatAmount } from "./format.js";
import { commitAgeMs, staleAfterMs } from "./freshness.js";

/** @typedef {import("../wire.ts").HealthJson} Health */
/** @typedef {import("../wire.ts").TaskJson} Task */
/** @typedef {import("../wire.ts").ElsewhereJson} Elsewhere */

/** @type {Record<Health["feed"], { label: string, title: string }>} */
const feeds = {
  live: { label: "LIVE", title: "Trades come from the exchange's feed" },
  simulated: { label: "SIMULATED", title: "A made-up market: no price here is real" },
  replay: { label: "REPLAY", title: "A recording is played; times are those of the recording" },
};

/** Tasks shown as dots in the strip; the table has all. */
const dotsMax = 24;

/**
 * Shows what the program says about itself: header, strip and the table of tasks.
 *
 * @param {Health} health
 */
export function showHealth(health) {
  setText(byId("application"), health.application);
  setText(byId("topic"), `topic ${health.topic}`);
  showFeed(health.feed);
  const ready = byId("ready");
  ready.dataset["level"] = health.ready ? "good" : "bad";
  setText(ready, health.ready ? "Ready" : "Not ready");
  showTotals(health.tasks);
  byId("task-dots").replaceChildren(...health.tasks.slice(0, dotsMax).map(taskDot));
  byId("tasks").replaceChildren(...health.tasks.map(taskRow));
}

/**
 * Shows what is heard of the tasks of other instances, if there are any.
 *
 * @param {Elsewhere} elsewhere
 */
export function showElsewhere({ heard_partitions: heard, missing_partitions: missing }) {
  const texts = [];
  if (heard.length > 0) texts.push(`${heard.length} running`);
  if (missing.length > 0) texts.push(`${missing.length} not heard of`);
  setFact("elsewhere", texts.join(", "), missing.length > 0);
  byId("elsewhere-fact").hidden = texts.length === 0;
}

/** Shows that the state is no longer known: the server does not answer. */
export function showUnreachable() {
  const ready = byId("ready");
  ready.dataset["level"] = "bad";
  setText(ready, "No answer");
}

/**
 * Shows how long ago the last commit was; called every second.
 *
 * @param {Health} health
 * @param {number} healthAgeMs
 * @param {Elsewhere} [elsewhere]
 */
export function showCommitAge(health, healthAgeMs, elsewhere) {
  const ageMs = commitAgeMs(health, healthAgeMs, elsewhere);
  const stale = ageMs === undefined || ageMs >= staleAfterMs;
  setFact("commit-age", ageMs === undefined ? "none" : `${formatAge(ageMs)} ago`, stale);
}

/** @param {Health["feed"]} feed */
function showFeed(feed) {
  const badge = byId("feed");
  badge.hidden = false;
  badge.dataset["feed"] = feed;
  badge.title = feeds[feed].title;
  setText(badge, feeds[feed].label);
  setFact("feed-fact", feed);
  const watermark = byId("watermark");
  watermark.hidden = feed === "live";
  setText(watermark, feeds[feed].label);
}

/** @param {readonly Task[]} tasks */
function showTotals(tasks) {
  const running = tasks.filter(({ state }) => state === "running").length;
  setFact("tasks-summary", `${running} of ${tasks.length} running`, running < tasks.length);
  const lag = sum(tasks, (task) => task.lag_records ?? 0);
  const lagKnown = tasks.some((task) => task.lag_records !== null);
  setFact("lag", lagKnown ? formatAmount(lag) : "–", lag > 10_000);
  setFact("aggregated", formatAmount(sum(tasks, ({ counts }) => counts.aggregated)));
  const late = sum(tasks, ({ counts }) => counts.late);
  const dead = sum(tasks, ({ counts }) => counts.dead_letters);
  setFact("late", formatAmount(late), late > 0);
  setFact("dead-letters", formatAmount(dead), dead > 0);
  setFact("duplicates", formatAmount(sum(tasks, ({ counts }) => counts.duplicates)));
}

/**
 * @param {readonly Task[]} tasks
 * @param {(task: Task) => number} value
 */
function sum(tasks, value) {
  return tasks.reduce((total, task) => total + value(task), 0);
}

/**
 * @param {string} id
 * @param {string} text
 * @param {boolean} [warn]
 */
function setFact(id, text, warn = false) {
  const element = byId(id);
  setText(element, text);
  if (element.parentElement) element.parentElement.dataset["level"] = warn ? "warn" : "good";
}

/**
 * How good a task's state is: it works, it is on its way, or it has failed.
 *
 * @param {Task["state"]} state
 */
function levelOf(state) {
  if (state === "running") return "good";
  return state === "failed" ? "bad" : "warn";
}

/** @param {Task} task */
function taskDot({ topic, partition, state }) {
  const dot = create("span", "dot");
  dot.dataset["level"] = levelOf(state);
  dot.title = `${topic}-${partition} ${state}`;
  return dot;
}

/** @param {Task} task */
function taskRow(task) {
  const row = create("tr", "");
  const state = create("td", "state");
  const dot = create("span", "dot");
  dot.dataset["level"] = levelOf(task.state);
  state.append(dot, task.state);
  const took = task.last_commit_duration_ms;
  row.append(
    create("td", "", `${task.topic}-${task.partition}`),
    state,
    create("td", "", task.committed_offset?.toLocaleString("en-US") ?? "–"),
    create("td", "", formatAmount(task.lag_records)),
    create("td", "", took === null ? "–" : `${formatAmount(took)} ms`),
    create("td", "", formatAmount(task.counts.read)),
    create("td", "", formatAmount(task.counts.late)),
    create("td", "", formatAmount(task.counts.dead_letters)),
    create("td", "", task.problem ?? restoreText(task)),
  );
  return row;
}

/** @param {Task} task */
function restoreText({ restore }) {
  if (restore === null) return "";
  const { restored_records: done, remaining_offsets: left, records_per_second: speed } = restore;
  return `restored ${formatAmount(done)} records, ${formatAmount(left)} offsets left, ` +
    `${formatAmount(speed)} records/s`;
}

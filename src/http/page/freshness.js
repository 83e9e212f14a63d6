// @ts-check
import { formatAge } from "./format.js";

/** @typedef {import("../wire.ts").HealthJson} Health */
/** @typedef {import("../wire.ts").ElsewhereJson} Elsewhere */
/** @typedef {{ level: "good" | "warn" | "bad", word: string, banner: string }} Freshness */

/** Symbols that a sentence names. */
const namesMax = 4;

/** No commit for so long, and what is shown counts as stale; commits come every second or so. */
export const staleAfterMs = 15_000;

/**
 * Whether what the page shows can be believed to be of now. Judged by the last commit and not by
 * the trades' own times, which are of another year when a recording is replayed.
 *
 * @param {object} seen
 * @param {boolean} seen.connected
 * @param {number} seen.silentMs Since anything came from the server.
 * @param {Health | undefined} seen.health The latest, if any came.
 * @param {number} seen.healthAgeMs Since that came.
 * @param {Elsewhere} [seen.elsewhere] What is heard of other instances, if anything came.
 * @param {readonly string[]} [seen.lostSymbols] Of the partitions without an instance.
 * @returns {Freshness}
 */
export function freshnessOf(
  { connected, silentMs, health, healthAgeMs, elsewhere, lostSymbols = [] },
) {
  if (!connected) return lost(silentMs, health !== undefined);
  if (health === undefined) return { level: "warn", word: "connecting", banner: "" };
  if (!health.ready) {
    const problems = health.problems.join(" · ") || "the program is not ready yet";
    return { level: "bad", word: "not ready", banner: `Not ready: ${problems}` };
  }
  const missing = elsewhere?.missing_partitions ?? [];
  if (missing.length > 0) {
    return { level: "warn", word: "incomplete", banner: missingText(missing, lostSymbols) };
  }
  const ageMs = commitAgeMs(health, healthAgeMs, elsewhere);
  if (ageMs === undefined) return untouched(health);
  if (ageMs < staleAfterMs) return { level: "good", word: "up to date", banner: "" };
  return { level: "warn", word: "stale", banner: staleText(health, `for ${formatAge(ageMs)}`) };
}

/**
 * How long ago any task committed, here or elsewhere, by the server's clock.
 *
 * @param {Health} health
 * @param {number} healthAgeMs
 * @param {Elsewhere} [elsewhere]
 * @returns {number | undefined}
 */
export function commitAgeMs(health, healthAgeMs, elsewhere) {
  const commits = [...health.tasks, elsewhere].flatMap((told) => told?.last_commit ?? []);
  if (commits.length === 0) return undefined;
  return Math.max(0, health.now + healthAgeMs - Math.max(...commits));
}

/**
 * @param {readonly number[]} partitions
 * @param {readonly string[]} symbols
 */
function missingText(partitions, symbols) {
  const which = `partition${partitions.length > 1 ? "s" : ""} ${partitions.join(", ")}`;
  const unanswered = `No instance answers for ${which}`;
  if (symbols.length === 0) return `${unanswered}: symbols may be missing here.`;
  const more = symbols.length - namesMax;
  const names = symbols.slice(0, namesMax).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return `${unanswered}. Not up to date: ${names}.`;
}

/**
 * @param {number} silentMs
 * @param {boolean} wasConnected
 * @returns {Freshness}
 */
function lost(silentMs, wasConnected) {
  if (!wasConnected) {
    return { level: "bad", word: "no connection", banner: "No connection yet, trying again …" };
  }
  const age = formatAge(silentMs);
  return {
    level: "bad",
    word: "connection lost",
    banner: `Connection lost ${age} ago, trying again. What is shown is from before.`,
  };
}

/**
 * Of a program that has not committed since its start: what it shows is from an earlier run.
 *
 * @param {Health} health
 * @returns {Freshness}
 */
function untouched(health) {
  const hasData = health.tasks.some(({ counts }) => counts.read > 0);
  if (!hasData) return { level: "warn", word: "no data yet", banner: "" };
  return { level: "warn", word: "stale", banner: staleText(health, "since the start") };
}

/**
 * @param {Health} health
 * @param {string} since
 */
function staleText(health, since) {
  const why = {
    replay: "the replay has ended or stands still",
    simulated: "the simulated market stands still",
    live: "the market may be closed or the feed silent",
  };
  return `Stale: nothing new ${since}; ${why[health.feed]}.`;
}

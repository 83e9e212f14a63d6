// @ts-check
import { formatAge } from "./format.js";

/** @typedef {import("../wire.ts").HealthJson} Health */
/** @typedef {import("../wire.ts").ElsewhereJson} Elsewhere */
/**
 * @typedef {object} Freshness
 * @property {"good" | "warn" | "bad"} level
 * @property {string} word For the corner of the page.
 * @property {string} banner What must be known, and why; "" where all is well.
 */

/** Symbols that a sentence names. */
const namesMax = 4;

/** No commit for so long, and what is shown counts as stale; commits come several times a second. */
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
  const { blocked } = health.input;
  if (blocked !== null) return { level: "bad", word: "nothing gets through", banner: blocked };
  if (!health.ready) {
    const problems = health.problems.join(" · ") || "the program is not ready yet";
    return { level: "bad", word: "not ready", banner: problems };
  }
  const missing = elsewhere?.missing_partitions ?? [];
  if (missing.length > 0) {
    return { level: "warn", word: "incomplete", banner: missingText(missing, lostSymbols) };
  }
  const notice = health.notices.join(" · ");
  const ageMs = commitAgeMs(health, healthAgeMs, elsewhere);
  if (notice !== "") return { level: "warn", word: "feed silent", banner: notice };
  if (ageMs !== undefined && ageMs < staleAfterMs) {
    return { level: "good", word: "up to date", banner: "" };
  }
  if (ageMs === undefined && !health.tasks.some(({ counts }) => counts.read > 0)) {
    return { level: "warn", word: "no data yet", banner: "" };
  }
  const since = ageMs === undefined ? "since the start" : `for ${formatAge(ageMs)}`;
  return { level: "warn", word: "stale", banner: staleText(health, since) };
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
  const unanswered = `no instance answers for ${which}`;
  if (symbols.length === 0) return `${unanswered}; symbols may be missing here`;
  const more = symbols.length - namesMax;
  const names = symbols.slice(0, namesMax).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return `${unanswered}. Not up to date: ${names}`;
}

/**
 * @param {number} silentMs
 * @param {boolean} wasConnected
 * @returns {Freshness}
 */
function lost(silentMs, wasConnected) {
  if (!wasConnected) {
    return {
      level: "bad",
      word: "no connection",
      banner: "The server does not answer; trying again",
    };
  }
  const banner = `${formatAge(silentMs)} ago, trying again. What is shown is from before`;
  return { level: "bad", word: "connection lost", banner };
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
  return `nothing new ${since}; ${why[health.feed]}`;
}

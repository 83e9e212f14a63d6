import type { PlantedBug } from "./planted_bug.ts";

const file = "src/streams/processing/sliding.ts";

/** Sliding windows that begin, end and close. */
export const slidingBugs: readonly PlantedBug[] = [
  {
    name: "an event in some of its sliding windows, late for the one that it ends",
    file,
    find: "if (leftMs < closedToMs) return",
    replace: "if (atMs < closedToMs) return",
    guarantee: "G1",
  },
  {
    name: "an aggregate that two sliding windows share",
    file,
    find: "window.state.aggregate = this.#copyOf(from.state);",
    replace: "window.state.aggregate = from.state.aggregate;",
    guarantee: "G1",
  },
  {
    name: "a sliding window that begins without the events before its last",
    file,
    find: "this.#window(leftMs, follows ? before : undefined)",
    replace: "this.#window(leftMs, undefined)",
    guarantee: "G1",
  },
  {
    name: "a sliding window that begins with events before it",
    file,
    find: "this.#window(leftMs, follows ? before : undefined)",
    replace: "this.#window(leftMs, before)",
    guarantee: "G1",
  },
  {
    name: "no sliding window behind an event that others follow",
    file,
    find: "behindPrevious: follows && !isBehind ?",
    replace: "behindPrevious: follows && isBehind ?",
    guarantee: "G1",
  },
  {
    name: "no sliding window behind an event that comes after those that follow it",
    file,
    find: "right: isFollowed ?",
    replace: "right: isFollowed && hasRight ?",
    guarantee: "G1",
  },
  {
    name: "a sliding window that does not know its last event",
    file,
    find: "state.lastMs = Math.max(lastMsOf(window), atMs);",
    replace: "state.lastMs ??= atMs;",
    guarantee: "G1",
  },
  {
    name: "the newest closed sliding window not kept",
    file: "src/streams/processing/closing.ts",
    find: "if (this.#job.windows.sliding === true) closedParts[0] = window;",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "a sliding window made without a write time",
    file,
    find: "if (made.right !== undefined) this.#cache.stamp(owner, made.right, context);",
    replace: "if (made.right !== undefined) this.#cache.changed(owner, made.right);",
    guarantee: "G3",
  },
  {
    name: "an event added to some of its sliding windows, as the job throws on others",
    file,
    find: "if (this.#rehearses) {",
    replace: "if (!this.#rehearses) {",
    guarantee: "a value on which add throws changes no row",
    test: "tests/unit/streams/sliding_test.ts",
  },
  {
    name: "sliding windows of a key without a bound",
    file,
    find: "if (open + fresh.length > openWindowsMax) return crowded;",
    replace: "",
    guarantee: "G8",
    test: "tests/unit/streams/sliding_test.ts",
  },
  {
    name: "sliding windows taken for hopping ones",
    file: "src/streams/state/windowing.ts",
    find: "return sliding === true ? -advanceMs : advanceMs;",
    replace: "return sliding === undefined ? advanceMs : advanceMs;",
    guarantee: "G13",
    test: "tests/unit/streams/windowing_test.ts",
  },
];

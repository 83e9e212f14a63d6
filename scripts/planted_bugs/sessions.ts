import type { PlantedBug } from "./planted_bug.ts";

const file = "src/streams/processing/sessions.ts";

/** Sessions that grow, meet, close and go. */
export const sessionBugs: readonly PlantedBug[] = [
  {
    name: "a session withdrawn without a row",
    file,
    find: "owner.left.push({ length: 0, window: session });",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "a withdrawn session that keeps its write time",
    file,
    find: "this.#cache.stamp(owner, session, context);\n    owner.left",
    replace: "this.#cache.changed(owner, session);\n    owner.left",
    guarantee: "G3",
  },
  {
    name: "an aggregate that two sessions share",
    file,
    find: "session.state.aggregate = this.#copyOf(later);",
    replace: "session.state.aggregate = later.state.aggregate;",
    guarantee: "G1",
  },
  {
    name: "the later of two sessions forgotten where they become one",
    file,
    find: "state.aggregate = this.#merged(state.aggregate, this.#copyOf(other));",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "the later of two sessions merged before the earlier",
    file,
    find: "state.aggregate = this.#merged(state.aggregate, this.#copyOf(other));",
    replace: "state.aggregate = this.#merged(this.#copyOf(other), state.aggregate);",
    guarantee: "merge gets the earlier one first",
    test: "tests/unit/streams/sessions_test.ts",
  },
  {
    name: "an end that does not move with the last event",
    file,
    find: "state.spanMs = lastMs - session.startMs;",
    replace: "state.spanMs = Math.max(0, timeMs - session.startMs);",
    guarantee: "G1",
  },
  {
    name: "one session of two that are a gap apart",
    file,
    find: "if (lastEventMs(session) + this.#gapMs <= timeMs) break;",
    replace: "if (lastEventMs(session) + this.#gapMs < timeMs) break;",
    guarantee: "G1",
  },
  {
    name: "an event within an open session taken for late",
    file,
    find:
      "if (timeMs < closedToMs && !near.some(({ startMs }) => startMs <= timeMs)) return false;",
    replace: "if (timeMs < closedToMs) return false;",
    guarantee: "G1",
  },
  {
    name: "a session that continues after its key has expired",
    file,
    find: "const near = expired ? [] : this.#near(owner, timeMs);",
    replace: "const near = this.#near(owner, timeMs);",
    guarantee: "G1",
  },
  {
    name: "a session closed by its start",
    file: "src/streams/processing/closing.ts",
    find: "return lastEventMs(this.#cache.opened(this.#owner, window)) < closedToMs;",
    replace: "return true;",
    guarantee: "G1",
  },
  {
    name: "a session older than the retention kept without expiry",
    file: "src/streams/commit/changes.ts",
    find: "if (window.startMs < (owner.state.purgedToMs[length] as number)) {",
    replace: "if (window.startMs < 0) {",
    guarantee: "G8",
  },
  {
    name: "older sessions of many that are open left out of the row of their key",
    file: "src/streams/state/key_row.ts",
    find: "return sessions === true ? Infinity : inlineMax;",
    replace: "return sessions === undefined ? inlineMax : inlineMax;",
    guarantee: "G1",
    test: "tests/unit/streams/sessions_test.ts",
  },
  {
    name: "rows of sessions whose beginning was cut off with the input",
    file: "src/streams/state/cut_input.ts",
    find: "return sessions === true ? cutToMs + sizeMs : cutToMs;",
    replace: "return cutToMs;",
    guarantee: "G3",
  },
  {
    name: "sessions withdrawn from the results on close",
    file: "src/streams/topology/topology.ts",
    find: "return !finalOnly || (final && withdrawn !== true);",
    replace: "return !finalOnly || final;",
    guarantee: "onClose() has each session once",
    test: "docs/examples/visits_test.ts",
  },
  {
    name: "withdrawn sessions among those of a query",
    file: "src/streams/state/stored_windows.ts",
    find: "if (state.withdrawn === true) found.delete(startMs);",
    replace: "",
    guarantee: "G6",
    test: "docs/examples/visits_test.ts",
  },
];

import type { PlantedBug } from "./planted_bug.ts";

/** What is in the row of a key, and what leaves it. */
export const keyRowBugs: readonly PlantedBug[] = [
  {
    name: "expired windows of a key read from the store never purged",
    file: "src/streams/state/cached_key.ts",
    find: "stored: row !== undefined,",
    replace: "stored: false,",
    guarantee: "G8",
  },
  {
    name: "closed parts not in the row of their key",
    file: "src/streams/state/cached_key.ts",
    find: "closedParts: closedParts.map((parts) => parts && bytesOf(job, parts)),",
    replace: "closedParts: closedParts.map(() => undefined),",
    guarantee: "G1",
  },
  {
    name: "a roll-up that stays open when an event closes nothing but it",
    file: "src/streams/processing/closing.ts",
    find: "if ((closedParts[index]?.startMs ?? Infinity) < endsToMs) this.#closeWhole(index);",
    replace: "void endsToMs;",
    guarantee: "G1",
  },
  {
    name: "a closed part added to the wrong roll-up",
    file: "src/streams/processing/closing.ts",
    find: "if (before !== undefined && before.startMs !== startMs) this.#closeWhole(index);",
    replace: "void before;",
    guarantee: "G1",
  },
  {
    name: "a closed part forgotten",
    file: "src/streams/processing/closing.ts",
    find: "addPart(this.#job, parts, part);",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "a window that its closing gives no write time",
    file: "src/streams/processing/closing.ts",
    find: "this.#cache.stamp(this.#owner, window, this.#context);",
    replace: "this.#cache.changed(this.#owner, window);",
    guarantee: "G3",
  },
  {
    name: "open parts merged before the closed ones",
    file: "src/streams/state/open_roll_ups.ts",
    find: "for (const part of parts) add(rollUpStart(part.startMs, level), part);",
    replace: "for (const part of parts.toReversed()) add(rollUpStart(part.startMs, level), part);",
    guarantee: "G1",
    test: "tests/property/candles_test.ts",
  },
  {
    name: "a closed window without a row",
    file: "src/streams/state/changes.ts",
    find: "entries.push({ key, value: topology.windowCodec.encode(window.state) });",
    replace: "void key;",
    guarantee: "G1",
  },
  {
    name: "an open window lost that newer ones push out of the row of its key",
    file: "src/streams/state/changes.ts",
    find: "if (window.hasRow && !window.dirty) continue;",
    replace: "if (!window.dirty) continue;",
    guarantee: "G1",
  },
  {
    name: "what changed of an expired key not shown before it goes",
    file: "src/streams/state/write_cache.ts",
    find: "if (window.dirty) owner.left.push({ length, window });",
    replace: "if (window.dirty && length < 0) owner.left.push({ length, window });",
    guarantee: "G3",
  },
  {
    name: "open windows not shown that a crash left unwritten",
    file: "src/streams/commit/unshown_results.ts",
    find: "openWindowsOf(job, store, key).entries()",
    replace: "openWindowsOf(job, store, key).slice(0, 0).entries()",
    guarantee: "G3",
  },
];

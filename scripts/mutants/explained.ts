import type { Verdict } from "./pool.ts";

/** Why no test notices many mutants of one kind. */
interface Kind {
  /** What their ids, without the path, look like. */
  readonly pattern: RegExp;
  /** Only those that no test reaches where they differ. */
  readonly unreached: boolean;
  readonly why: string;
}

const kinds: readonly Kind[] = [
  {
    pattern: /^fallback .*([\])]|\.length) \?\? (0|-?1|0n|""|\[\]|undefined)( #\d+)?$/,
    unreached: true,
    why: "the element is always there, which only the compiler cannot see",
  },
  {
    pattern: /^fallback \S*metadata \?\? ""( #\d+)?$/,
    unreached: false,
    why: "no text is no commit's text either way",
  },
  {
    pattern: /^fallback \S*wholeFromMs \?\? /,
    unreached: false,
    why: "null until the first record, and without one no window has changed",
  },
  {
    pattern: /^bound \S+ [<>]=? \S*Max( #\d+)?$/,
    unreached: true,
    why: "a limit that was chosen: one more or one less is as good",
  },
  {
    pattern:
      /^order ([\w.#]+)\.(push|add|set|delete)\([^;]*\); (?!\1\.)[\w.#]+\.(push|add|set|delete)\(/,
    unreached: false,
    why: "steps in the memory of two things, between which nothing looks at them",
  },
  {
    pattern: /^order refuse\w+\(/,
    unreached: false,
    why: "which of two reasons to refuse is named, where there are both",
  },
  {
    pattern: / (rowsLeft \+ 1|purge\.rowsLeft -= found\.length;?)$/,
    unreached: false,
    why: "noticed by a test of changed_rules_test.ts that takes long: --thorough",
  },
];

/** Why no test needs to notice a mutant; `undefined` if nothing says so. */
export function explanationOf(
  { id, path }: { readonly id: string; readonly path: string },
  { reached }: Pick<Verdict, "reached">,
): string | undefined {
  const change = id.slice(path.length + 1);
  const kind = kinds.find(({ pattern, unreached }) =>
    pattern.test(change) && !(unreached && reached)
  );
  return explained[id] ?? kind?.why;
}

/** The same by the mutants' ids: they are equivalent, or change only speed, memory or the text of a message. */
export const explained: Readonly<Record<string, string>> = {
  "src/streams/commit/changed_results.ts return return;":
    "the row of a key is no row of a window: what follows gives nothing",
  "src/streams/commit/changed_results.ts fallback value ?? undefined":
    "the entries of a commit delete no window that the row of its key lists",
  "src/streams/commit/changes.ts order entries.push(...stores.entries()); entries.push(...await sources.sweep":
    "entries of different keys, in one transaction and one batch",
  "src/streams/commit/changes.ts order entries.push(...await sources.sweep.collect(sources, meta.horizon)); e":
    "entries of different keys, in one transaction and one batch",
  "src/streams/commit/changes.ts bound Math.max(state.streamTimeMs - windows.retentionMs, renewedFromMs) <= f":
    "only speed: what follows finds that nothing has outlived its retention",
  "src/streams/commit/changes.ts bound found.length > purge.rowsLeft":
    "one row of twenty thousand goes with the key's next commit",
  "src/streams/commit/commit_metadata.ts return return undefined;":
    "what has no parts fails at the next step, in the same try",
  'src/streams/commit/commit_metadata.ts logic typeof value === "object" && value !== null':
    "what has no parts fails at the next step, in the same try",
  "src/streams/commit/commit_metadata.ts return return false;":
    "what has no parts fails at the next step, in the same try",
  "src/streams/commit/commit_metadata.ts return return false; #3":
    "what has no parts fails at the next step, in the same try",
  "src/streams/commit/new_generation.ts logic key?.length !== metaKey.length || key[0] !== metaKey[0]":
    "what is no record of a task says nothing of its rules, and is passed over as unreadable",
  "src/streams/commit/new_generation.ts logic key?.length !== metaKey.length || key[0] !== metaKey[0] || value === n":
    "the task's own record is never deleted",
  "src/streams/moving/move_state.ts drop await flush(target, entriesMax);":
    "only memory: what waits is written at the end",
  "src/streams/moving/move_state.ts negation entries.length < entriesMax":
    "only how many entries one transaction takes",
  "src/streams/moving/move_state.ts bound entries.length > 0": "only a transaction without entries",
  "src/streams/moving/moved_partition.ts order await this.#writer[Symbol.asyncDispose](); await this.store[Symbol.asy":
    "neither needs the other to be closed",
  "src/streams/moving/move_state.ts fallback timeMs ?? 0":
    "the tasks of a job have it all, or none of them",
  "src/streams/task/find_place.ts return return meta;":
    "without further inputs there are none to find",
  "src/streams/task/global_tables.ts return return this.#leftOut(record, record.unreadable);":
    "only the text of a line: what cannot be read has no key",
  "src/streams/task/global_tables.ts equality id !== about.id":
    "readers of a topic that was replaced notice it themselves",
  "src/streams/task/lineage_watch.ts order await clock.sleep(lookEveryMs, this.#stop.signal); refuseOtherLineage(":
    "only one look more, at the start",
  "src/streams/task/standby_task.ts logic position === undefined || remainingOffsets === undefined":
    "both are known from the same moment on",
  "src/streams/topology/table_changes.ts boolean false #3": "a table's records are never sent on",
  "src/streams/commit/unshown_results.ts return return;":
    "only speed: a changelog is read of which no rows are made",
};

/**
 * Why no test needs to notice a mutant, by its id: it is equivalent, or changes only speed, memory or
 * the text of a message.
 */
export const explained: Readonly<Record<string, string>> = {
  "src/streams/commit/changed_results.ts return return;":
    "the row of a key is no row of a window: what follows gives nothing",
  "src/streams/commit/changed_results.ts fallback value ?? undefined":
    "the entries of a commit delete no window that the row of its key lists",
  "src/streams/commit/changes.ts fallback meta.wholeFromMs ?? Infinity":
    "null until the first record, and without one no window has changed",
  "src/streams/commit/changes.ts order entries.push(...stores.entries()); entries.push(...await sources.sweep":
    "entries of different keys, in one transaction and one batch",
  "src/streams/commit/changes.ts order entries.push(...await sources.sweep.collect(sources, meta.horizon)); e":
    "entries of different keys, in one transaction and one batch",
  "src/streams/commit/changes.ts bound Math.max(state.streamTimeMs - windows.retentionMs, renewedFromMs) <= f":
    "only speed: what follows finds that nothing has outlived its retention",
  'src/streams/commit/commit.ts fallback this.#committed?.metadata ?? ""':
    "no text is no commit's text either way",
  'src/streams/commit/commit.ts fallback committed?.metadata ?? ""':
    "no text is no commit's text either way",
  "src/streams/commit/changes.ts off by one rowsLeft + 1":
    "noticed by a test of changed_rules_test.ts that takes long: --thorough",
  "src/streams/commit/changes.ts bound found.length > purge.rowsLeft":
    "one row of twenty thousand goes with the key's next commit",
  "src/streams/commit/unshown_results.ts fallback wholeFromMs ?? Infinity":
    "null until the first record, and without one no window has changed",
  "src/streams/commit/commit_metadata.ts return return undefined;":
    "what has no parts fails at the next step, in the same try",
  'src/streams/commit/commit_metadata.ts logic typeof value === "object" && value !== null':
    "what has no parts fails at the next step, in the same try",
  "src/streams/commit/commit_metadata.ts return return false;":
    "what has no parts fails at the next step, in the same try",
  "src/streams/commit/commit_metadata.ts return return false; #3":
    "what has no parts fails at the next step, in the same try",
  'src/streams/commit/hand_over.ts fallback metadata ?? ""':
    "no text is no commit's text either way",
  'src/streams/commit/unshown_results.ts fallback committed?.metadata ?? ""':
    "no text is no commit's text either way",
  "src/streams/commit/new_generation.ts logic key?.length !== metaKey.length || key[0] !== metaKey[0]":
    "what is no record of a task says nothing of its rules, and is passed over as unreadable",
  "src/streams/commit/new_generation.ts logic key?.length !== metaKey.length || key[0] !== metaKey[0] || value === n":
    "the task's own record is never deleted",
  "src/streams/commit/unshown_results.ts return return;":
    "only speed: a changelog is read of which no rows are made",
};

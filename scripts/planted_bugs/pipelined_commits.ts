import type { PlantedBug } from "./planted_bug.ts";

/** What must not be forgotten where the next batch is processed while a commit is made. */
export const pipelinedCommitBugs: readonly PlantedBug[] = [
  {
    name: "changes handed over before a commit has taken them",
    file: "src/streams/task/task_session.ts",
    find: "const changes = await collectChanges({",
    replace: `this.#cache.handOver();
    this.#cache.settle();
    const changes = await collectChanges({`,
    guarantee: "G1",
  },
  {
    name: "what came during a commit forgotten when that is done",
    file: "src/streams/task/task_session.ts",
    find: "this.#cache.settle();",
    replace: `this.#cache.settle();
    this.#processor.handOver();`,
    guarantee: "G1",
  },
  {
    name: "keys forgotten that the store does not have yet",
    file: "src/streams/state/write_cache.ts",
    find: "known.place = place ?? inStore;",
    replace: "known.place = inStore;",
    guarantee: "G1",
    test: "tests/unit/streams/many_keys_test.ts",
  },
  {
    name: "a value read from a store that does not have its commit yet",
    file: "src/streams/state/key_values.ts",
    find: "of [this.#changed, this.#underWay, this.#kept])",
    replace: "of [this.#changed, this.#kept])",
    guarantee: "G1",
  },
  {
    name: "a deleted key read from a store that does not know it yet",
    file: "src/streams/state/write_cache.ts",
    find: "    known.generation = this.#generation;\n    known.owner = undefined;",
    replace: "    known.owner = undefined;",
    guarantee: "G1",
    test: "tests/unit/streams/many_keys_test.ts",
  },
  {
    name: "a row of the state that the next one overwrites",
    file: "src/streams/state/key_row.ts",
    find: `const row = shortLivedBytes(this.at);
    copyBytes(this.#bytes, 0, this.at, row, 0);`,
    replace: "const row = this.#bytes.subarray(0, this.at);",
    guarantee: "G1",
  },
  {
    name: "a window let go before the store has the row that it moves to",
    file: "src/streams/commit/changes.ts",
    find: "window.hasRow = true;",
    replace: `window.hasRow = true;
    window.bytes = undefined;`,
    guarantee: "G1",
    test: "tests/unit/streams/pipelined_commits_test.ts",
  },
  {
    name: "results told of when the sink has them",
    file: "src/streams/task/task_session.ts",
    find: `    this.#tell(changes, looksOn?.());
    this.results?.add(changes.results, changelogPosition);`,
    replace: `    this.results?.add(changes.results, changelogPosition);
    void this.results?.ended(options.signal)
      .then(() => this.#tell(changes, looksOn?.()), () => {});`,
    guarantee: "G3",
    test: "tests/unit/streams/told_rows_test.ts",
  },
  {
    name: "results told of before queries have them",
    file: "src/streams/task/task_session.ts",
    find: "const shownTo = this.results?.shownTo;",
    replace: "const shownTo = this.results?.shownTo;\n    this.#tell(changes, looksOn?.());",
    guarantee: "G3",
    test: "tests/unit/streams/told_rows_test.ts",
  },
  {
    name: "whoever begins to look during a commit not told of its rows",
    file: "src/streams/task/stream_task.ts",
    find: "const looksOn = () => wantsRows(listener) ? tell : undefined;",
    replace:
      "const wanted = wantsRows(listener);\n    const looksOn = () => wanted ? tell : undefined;",
    guarantee: "G7",
    test: "tests/unit/streams/told_rows_test.ts",
  },
  {
    name: "a commit begun before the last one is in the store",
    file: "src/streams/commit/commit_under_way.ts",
    find: "return this.#work !== undefined;",
    replace: "return this.#work === null;",
    guarantee: "G2",
  },
  {
    name: "a failed commit taken for a good one",
    file: "src/streams/commit/commit_under_way.ts",
    find: "this.#failure ??= { error };",
    replace: "this.#work = undefined;",
    guarantee: "G1",
  },
  {
    name: "a failed commit that no one notices",
    file: "src/streams/commit/commit_under_way.ts",
    find: "if (this.#failure !== undefined) throw this.#failure.error;",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "a task that says it was stopped when its commit failed",
    file: "src/streams/task/stream_task.ts",
    find: "throw underWay.failure?.error ?? error;",
    replace: "throw error;",
    guarantee: "a failure is never without its cause",
    test: "tests/unit/streams/pipelined_commits_test.ts",
  },
  {
    name: "a session left while its commit is under way",
    file: "src/streams/commit/commit_under_way.ts",
    find: `this.#abort.abort();
    await this.#work;`,
    replace: "this.#abort.abort();",
    guarantee: "G4",
    test: "tests/unit/streams/pipelined_commits_test.ts",
  },
  {
    name: "results taken for shown before the sink has them",
    file: "src/streams/task/results_under_way.ts",
    find: `    this.#showing = unshown;
`,
    replace: `    this.#showing = unshown;
    this.#shownTo = unshown.position;
`,
    guarantee: "G3",
  },
  {
    name: "results of the first of several commits left out",
    file: "src/streams/task/results_under_way.ts",
    find: "shownUs: before.results.shownUs, ",
    replace: "",
    guarantee: "G3",
  },
  {
    name: "results made from memory that the next commit uses again",
    file: "src/streams/task/results_under_way.ts",
    find: "const entries = this.#mustEnd ? own : copied(own);",
    replace: "const entries = own;",
    guarantee: "G3",
    test: "tests/unit/streams/results_under_way_test.ts",
  },
  {
    name: "state deleted whose results are yet to be shown",
    file: "src/streams/task/results_under_way.ts",
    find:
      "if (under.some(({ results }) => deletes(entries, results.entries))) await this.ended(signal);",
    replace: "if (under.length < 0) await this.ended(signal);",
    guarantee: "G3",
    test: "tests/unit/streams/results_under_way_test.ts",
  },
  {
    name: "results left unshown by a task that is closed",
    file: "src/streams/task/stream_task.ts",
    find: "      await session.results?.ended(underWay.signal);\n",
    replace: "",
    guarantee: "G7",
    test: "tests/unit/streams/move_state_test.ts",
  },
];

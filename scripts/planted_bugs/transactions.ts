import type { PlantedBug } from "./planted_bug.ts";

/** Bugs in who may commit, and in what is believed of a commit. */
export const transactionBugs: readonly PlantedBug[] = [
  {
    name: "no fence at opening",
    file: "src/streams/task/task_session.ts",
    find:
      "const writer = opening.use(await ports.commitLog.fence(place.input, ownOutputs(place)));",
    replace: `const writer = opening.use({
      commit: async (transaction) =>
        await (await ports.commitLog.fence(place.input, ownOutputs(place))).commit(transaction),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });`,
    guarantee: "G4",
  },
  {
    name: "an unknown outcome taken for a failure",
    file: "src/streams/commit/commit.ts",
    find: "if (isSameCommit(committed, this.#committed)) return undefined;",
    replace: "if (committed !== null) return undefined;",
    guarantee: "G1",
  },
  {
    name: "an unknown outcome taken for a success",
    file: "src/streams/commit/commit.ts",
    find: "if (isSameCommit(committed, this.#committed)) return undefined;",
    replace: `if (isSameCommit(committed, this.#committed)) {
      return this.#ports.store.checkpoint?.changelogPosition ?? 0;
    }`,
    guarantee: "G1",
  },
  {
    name: "asking what became of a transaction before fencing it",
    file: "src/streams/commit/commit.ts",
    find: `this.#writer = await commitLog.fence(this.#place.input, ownOutputs(this.#place));
    const committed = await commitLog.committed(this.#place.input);`,
    replace: `const committed = await commitLog.committed(this.#place.input);
    this.#writer = await commitLog.fence(this.#place.input, ownOutputs(this.#place));`,
    guarantee: "G1",
  },
  {
    name: "a writer that stays in its epoch after a repeated request",
    file: "src/streams/commit/commit.ts",
    find: "if (this.#writer?.spent === true) await this[Symbol.asyncDispose]();",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "a writer that takes itself for fresh after a repeated request",
    file: "src/kafka/write/transaction_writer.ts",
    find: 'this.#follow(next) || !deadline.repeated ? "open" : "spent";',
    replace: 'this.#follow(next) || deadline.passed ? "open" : "open";',
    guarantee: "G1",
    test: "tests/unit/kafka/transaction_writer_test.ts",
  },
  {
    name: "an epoch that the end of a transaction brings not taken",
    file: "src/kafka/write/transaction_writer.ts",
    find: "    this.#identity = next;\n    this.#session",
    replace: "    this.#session",
    guarantee: "G1",
    test: "tests/unit/kafka/transaction_writer_test.ts",
  },
  {
    name: "a commit that failed aborted in its epoch",
    file: "src/kafka/write/transaction_writer.ts",
    find: "} catch (error) {\n      throw this.#wrap(error);",
    replace: `} catch (error) {
      await this.#parts.client.end(this.#identity, "abort");
      throw this.#wrap(error);`,
    guarantee: "G1",
    test: "tests/unit/kafka/transaction_writer_test.ts",
  },
  {
    name: "a transactional id that two applications share",
    file: "src/kafka/write/commit_log.ts",
    find: "return `${applicationId}/${partitionName(input)}`;",
    replace: "return `${applicationId}-${partitionName(input)}`;",
    guarantee: "G4",
    test: "tests/unit/kafka/commit_log_test.ts",
  },
  {
    name: "the store written before the transaction",
    file: "src/streams/commit/commit.ts",
    find: "const changelogPosition = await this.#transact({ changes, id, metadata }, signal);",
    replace: `const { store } = this.#ports;
    await store.apply(changes.entries, store.checkpoint ?? { changelogPosition: 0 });
    const changelogPosition = await this.#transact({ changes, id, metadata }, signal);`,
    guarantee: "G2",
  },
  {
    name: "the changelog position not in the store",
    file: "src/streams/commit/commit.ts",
    find: "const checkpoint = { changelogPosition };",
    replace: "const checkpoint = this.#ports.store.checkpoint ?? { changelogPosition: 0 };",
    guarantee: "G2",
  },
  {
    name: "late events and dead letters left out of the transaction",
    file: "src/streams/commit/commit.ts",
    find: "...changes.sideOutputs,",
    replace: "",
    guarantee: "G7",
  },
  {
    name: "results for topics not looked for at a fence",
    file: "src/streams/topology/job_topics.ts",
    find: 'const read: readonly TopicRole[] = ["input", "table", "global", "changelog"];',
    replace: `const read: readonly TopicRole[] =
      ["input", "table", "global", "changelog", "results", "latest-results"];`,
    guarantee: "G1",
    kind: "graph",
  },
  {
    name: "late records not looked for at a fence",
    file: "src/streams/topology/job_topics.ts",
    find: 'const read: readonly TopicRole[] = ["input", "table", "global", "changelog"];',
    replace:
      'const read: readonly TopicRole[] = ["input", "table", "global", "changelog", "late"];',
    guarantee: "G1",
  },
  {
    name: "a complete transaction without markers aborted",
    file: "src/kafka/write/lost_markers.ts",
    find: 'if (position === "pending") return "commit";',
    replace: 'if (position === "pending") return "abort";',
    guarantee: "G1",
    test: "tests/unit/kafka/lost_markers_test.ts",
  },
  {
    name: "an incomplete transaction without markers committed",
    file: "src/kafka/write/lost_markers.ts",
    find: 'openFrom < covered ? "commit" : "abort"',
    replace: 'openFrom <= covered ? "commit" : "abort"',
    guarantee: "G1",
    test: "tests/unit/kafka/lost_markers_test.ts",
  },
  {
    name: "lost markers not looked for",
    file: "src/kafka/write/commit_log.ts",
    find: "if (end === undefined) return false;",
    replace: "if (end !== null) return false;",
    guarantee: "G1",
    test: "tests/unit/kafka/lost_markers_test.ts",
  },
  {
    name: "markers lost after the last commit not looked for",
    file: "src/kafka/write/transaction_writer.ts",
    find: "this.#watch?.committed();",
    replace: "",
    guarantee: "G1",
    test: "tests/unit/kafka/transaction_writer_test.ts",
  },
  {
    name: "markers given while a commit is under way",
    file: "src/kafka/write/marker_watch.ts",
    find: "lost.length === 0 || this.#isHeld)",
    replace: "lost.length === 0 || this.#stop.signal.aborted)",
    guarantee: "G1",
    test: "tests/unit/kafka/marker_watch_test.ts",
  },
  {
    name: "markers given that are still on their way",
    file: "src/kafka/write/marker_watch.ts",
    find: "const lost = found.filter((one) => this.#open.has(nameOf(one)));",
    replace: "const lost = found;",
    guarantee: "G1",
    test: "tests/unit/kafka/marker_watch_test.ts",
  },
];

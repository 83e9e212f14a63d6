import type { PlantedBug } from "./planted_bug.ts";

/** What must not be forgotten where a task has two inputs, and where partitions move. */
export const twoInputsBugs: readonly PlantedBug[] = [
  {
    name: "results shown before they are committed",
    file: "src/streams/commit/commit.ts",
    find: "await this.show(changes.eventRows, signal);",
    replace: "await this.show([...changes.eventRows, ...changes.resultRows], signal);",
    guarantee: "G3",
  },
  {
    name: "results forgotten that a crash left unwritten",
    file: "src/streams/task/task_session.ts",
    find: "await committer.show(results, signal);",
    replace: "await committer.show(results.slice(0, 0), signal);",
    guarantee: "G3",
  },
  {
    name: "a repartition topic trimmed before it is read",
    file: "src/level/job_topics.ts",
    find: 'repartition: "consumed",',
    replace: 'repartition: "bounded",',
    guarantee: "G6",
    test: "tests/integration/embedded_trimming_test.ts",
  },
  {
    name: "results of the last commit compacted away",
    file: "src/level/embedded_commit_log.ts",
    find: "if (this.#latest.has(name)) this.#dropNext.add(previous as Offset);",
    replace:
      "if (this.#latest.has(name)) this.#batch.deleteRecord(this.#changelog, previous as Offset);",
    guarantee: "G3",
    test: "tests/integration/embedded_trimming_test.ts",
  },
  {
    name: "another owner's commit taken for one's own",
    file: "src/streams/commit/commit_metadata.ts",
    find: "return committed !== undefined && parseCommitMetadata(committed.metadata)?.id === id;",
    replace: "return committed !== undefined && id !== undefined;",
    guarantee: "G1",
  },
  {
    name: "an input that waits for the other one to end",
    file: "src/streams/task/stream_task.ts",
    find:
      "for (const input of session.inputs) await this.#processArrived(session, input, underWay);",
    replace: `for (const input of [...session.inputs].reverse()) {
        const before = session.meta;
        await this.#processArrived(session, input, underWay);
        if (before.rekeyedOffset !== session.meta.rekeyedOffset) break;
      }`,
    guarantee: "G8",
    test: "tests/unit/streams/rekeying_test.ts",
  },
  {
    name: "a record in another partition than its key's processed where it is",
    file: "src/streams/processing/processor.ts",
    find: "if (this.#rekeying.belongsElsewhere(key, record.partition)) {",
    replace: "if (this.#rekeying.belongsElsewhere(key, record.partition) && key === undefined) {",
    guarantee: "G1",
    test: "tests/unit/streams/rekeying_test.ts",
  },
  {
    name: "events that came in one record numbered within their part of it",
    file: "src/streams/processing/processor.ts",
    find: "const index = firstIndex + i;",
    replace: "const index = 0 * firstIndex + i;",
    guarantee: "G3",
  },
  {
    name: "re-keyed events received when the record was that brought them",
    file: "src/streams/repartition_record.ts",
    find: "timestampMs += unzigzag(this.#varint());",
    replace: "timestampMs = unzigzag(this.#varint()) * 0 + this.#record.timestampMs;",
    guarantee: "G9",
  },
  {
    name: "a dead letter that leads to the beginning of what it was sent on with",
    file: "src/streams/side_output.ts",
    find: "indexes[index - record.firstIndex]",
    replace: "indexes[0]",
    guarantee: "G7",
    test: "tests/unit/streams/rekeying_test.ts",
  },
  {
    name: "what waits to be sent on sent with the next commit again",
    file: "src/streams/processing/processor.ts",
    find: "this.#rekeying.handOver();",
    replace: "",
    guarantee: "G1",
    test: "tests/unit/streams/rekeying_test.ts",
  },
  {
    name: "a commit in the middle of what one record brought",
    file: "src/streams/processing/processor.ts",
    find: "for (const part of parts) {",
    replace: "for (const part of parts.slice(0, 1)) {",
    guarantee: "G1",
  },
  {
    name: "re-keyed events that wait left where their key was before a move",
    file: "src/streams/moving/move_state.ts",
    find: "partitionForKey(part.key, lineage.partitions)",
    replace: "partition",
    guarantee: "G1",
    test: "tests/unit/streams/move_state_test.ts",
  },
  {
    name: "no bound of what waits to be sent on",
    file: "src/streams/task/task_session.ts",
    find: "return isFull || eventRows",
    replace: "return (isFull && false) || eventRows",
    guarantee: "G8",
    test: "tests/unit/streams/rekeying_test.ts",
  },
  {
    name: "an arrival missed",
    file: "src/streams/task/task_control.ts",
    find: "|| this.#rung) {",
    replace: ") {",
    guarantee: "G10",
    test: "tests/unit/streams/task_control_test.ts",
  },
  {
    name: "a larger share for the member that holds most at the moment",
    file: "src/streams/assignment/balance.ts",
    find: "rank(held) - rank(other) || compareMembers(a, b)",
    replace: "rank(held) - rank(other) || other - held || compareMembers(a, b)",
    guarantee: "G10",
    test: "tests/unit/streams/assignment_test.ts",
  },
];

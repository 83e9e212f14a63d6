import type { CommittedOffset, RecordLog } from "../../../src/streams/ports.ts";
import type { LogRecord } from "../../../src/streams/record.ts";
import { deadLetterTopic, lateTopic } from "../../../src/streams/side_output.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import { readAll } from "../../contract/log_harness.ts";
import { countingChangelog } from "../counting_topics.ts";
import { type CountingRow, remarksTopic, resultsTopic } from "../counting_topology.ts";
import { Auditor } from "../simulation/auditor.ts";
import { Chance } from "../simulation/chance.ts";
import { Disaster } from "../simulation/disaster.ts";
import type { ModelRules } from "../simulation/model_rules.ts";
import type { PartitionModel } from "../simulation/model.ts";
import { SimulatedTable } from "../simulation/sink.ts";
import { pieceOf } from "../simulation/state_view.ts";

/** The names by which the auditor knows the topics. */
const replayed = {
  input: "input",
  changelog: "app-totals-changelog",
  late: "input-late",
  deadLetters: "input-dead-letters",
  results: resultsTopic,
  remarks: remarksTopic,
} as const;

const replayedInput = encodeText(replayed.input);

/** A job whose every commit is held against the model, once it is done. */
export interface AuditedJob {
  readonly topic: string;
  readonly application: string;
  readonly inputRecords: number;
}

/** The auditor of a job on Kafka, which looks at every commit and every row once it is done. */
export class KafkaAudit {
  readonly #log = new MemoryLog();
  readonly #auditor: Auditor;
  readonly #written: CountingRow[] = [];
  readonly table: SimulatedTable = new SimulatedTable((row) =>
    this.#written.push(row as CountingRow)
  );

  constructor(model: PartitionModel, rules: ModelRules) {
    for (const topic of Object.values(replayed)) this.#log.createTopic(topic, 1);
    const disaster = new Disaster("none", this.#log, new Chance(0), 1);
    this.#auditor = new Auditor(this.#log, [model], disaster, { results: undefined });
    this.#auditor.started("job", rules);
  }

  /**
   * Replays what a reader sees of the job's topics, commit by commit.
   *
   * @returns The first broken promise.
   */
  async verdict(
    log: RecordLog,
    job: AuditedJob,
    committed: CommittedOffset | undefined,
  ): Promise<string | undefined> {
    const { topic, inputRecords } = job;
    const read = (name: string) => readAll(log, { topic: name, partition: 0 });
    for (const record of await read(topic)) this.#replay(replayed.input, record);
    const late = await read(lateTopic(topic));
    const deadLetters = await read(deadLetterTopic(topic));
    const place = { topic: replayed.input, partition: 0 };
    this.#auditor.fenced("job", place);
    for (const record of await read(countingChangelog(job))) {
      this.#replay(replayed.changelog, record);
      const inputOffset = metaOffset(record);
      if (inputOffset === undefined) continue;
      this.#replayBefore(inputOffset, late, replayed.late);
      this.#replayBefore(inputOffset, deadLetters, replayed.deadLetters);
      this.#log.commitOffset("app", place, { offset: inputOffset, metadata: "" });
      this.#auditor.committed("job", place);
    }
    for (const row of this.#written) this.#auditor.written(row);
    this.#auditor.ended(this.table.rows as ReadonlyMap<string, CountingRow>);
    const { violation } = this.#auditor;
    if (violation !== undefined) return violation.message;
    if (late.length + deadLetters.length > 0) {
      return "G7 side outputs of input that is not committed";
    }
    if (committed?.offset === inputRecords) return undefined;
    return `G2 the group stands at ${committed?.offset}, the state at ${inputRecords}`;
  }

  #replay(topic: string, { timestampMs, key, value, ...record }: LogRecord): void {
    const isAside = record.headers["origin-topic"] !== undefined;
    const headers = isAside ? { ...record.headers, "origin-topic": replayedInput } : record.headers;
    this.#log.write({ topic, partition: 0, timestampMs, key, value, headers }, undefined);
  }

  #replayBefore(inputOffset: number, records: LogRecord[], topic: string): void {
    while (records.length > 0 && originOf(records[0] as LogRecord) < inputOffset) {
      this.#replay(topic, records.shift() as LogRecord);
    }
  }
}

function originOf({ headers }: LogRecord): number {
  return Number(new TextDecoder().decode(headers["origin-offset"]));
}

/** Where a commit left the input; `undefined` for an entry that is not the last of one. */
function metaOffset({ key, value }: LogRecord): number | undefined {
  return key === null || value === null ? undefined : pieceOf(key, value).inputOffset;
}

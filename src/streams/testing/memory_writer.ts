import { assert } from "../../base/assert.ts";
import { PipelineError } from "../../base/errors.ts";
import type {
  CommittedOffset,
  FencedWriter,
  InputPosition,
  OwnOutputs,
  Transaction,
} from "../ports.ts";
import {
  type LogRecord,
  type Offset,
  type OutputRecord,
  partitionName,
  type TopicPartition,
} from "../record.ts";
import { takenWhole } from "./record_sizes.ts";

/** The points of a transaction at which a test may interfere. */
export type TransactionStep =
  | "records-sent"
  | "offsets-sent"
  | "before-end"
  | "after-end";

/**
 * Called at each step of each transaction, which continues when it resolves; what it throws is what
 * the caller of `commit` sees.
 */
export type TransactionHook = (
  step: TransactionStep,
  input: TopicPartition,
) => void | Promise<void>;

/** A request of a transaction whose answer was lost. */
export type RepeatedRequest = "commit-offset" | "end";

/** The log that such a writer writes to. */
export interface TransactionLog {
  readonly valueBytesMax: number;
  /** For the transactions of every application. */
  hook: TransactionHook;
  /**
   * Asked at the end of each transaction. A promise means that an answer was lost and its request
   * repeated: the first copy arrives, in the writer's epoch, when the promise resolves.
   */
  repeated(input: TopicPartition): Promise<RepeatedRequest> | undefined;
  write(record: OutputRecord, transaction: OpenTransaction): LogRecord;
  control(place: TopicPartition): void;
  commitOffset(applicationId: string, input: TopicPartition, committed: CommittedOffset): void;
  positionAfterLast(place: TopicPartition): Offset;
  wake(): void;
  disposed(writer: MemoryWriter): void;
}

/** One transaction of a writer, until something ends it. */
export class OpenTransaction {
  state: "open" | "committed" | "aborted" = "open";
  offset: CommittedOffset | undefined;
  others: readonly InputPosition[] = [];
  readonly places: Map<string, TopicPartition> = new Map<string, TopicPartition>();
}

/** The one writer of a partition in a log in memory, in an epoch of its own. */
export class MemoryWriter implements FencedWriter {
  readonly #log: TransactionLog;
  readonly #applicationId: string;
  readonly #input: TopicPartition;
  readonly #hook: TransactionHook;
  readonly #outputs: OwnOutputs | undefined;
  #open: OpenTransaction | undefined;
  #fenced = false;
  spent = false;

  constructor(
    log: TransactionLog,
    applicationId: string,
    input: TopicPartition,
    hook: TransactionHook,
    outputs: OwnOutputs | undefined,
  ) {
    this.#log = log;
    this.#applicationId = applicationId;
    this.#input = input;
    this.#hook = hook;
    this.#outputs = outputs;
  }

  /** A newer writer: what is not decided is aborted. */
  fence(): void {
    this.#fenced = true;
    this.#end("aborted");
  }

  async commit(transaction: Transaction): Promise<Offset> {
    await Promise.resolve();
    const log = this.#log;
    const open = new OpenTransaction();
    if (!this.#fenced) this.#open = open;
    this.#refuseEnded(open);
    for (const record of takenWhole(transaction.records, log.valueBytesMax)) {
      this.#refuseUnnamed(record.topic);
      const place = { topic: record.topic, partition: log.write(record, open).partition };
      open.places.set(partitionName(place), place);
    }
    await this.#at("records-sent");
    this.#refuseEnded(open);
    const changelogPosition = log.positionAfterLast(transaction.changelog);
    const { inputOffset, metadata } = transaction;
    open.offset = { offset: inputOffset, metadata: metadata(changelogPosition) };
    open.others = transaction.others ?? [];
    await this.#at("offsets-sent");
    await this.#at("before-end");
    this.#refuseEnded(open);
    this.#end("committed");
    this.#repeat(open);
    await this.#at("after-end");
    return changelogPosition;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#log.disposed(this);
    return Promise.resolve();
  }

  #end(outcome: "committed" | "aborted"): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    open.state = outcome;
    for (const place of open.places.values()) this.#log.control(place);
    if (outcome === "committed" && open.offset !== undefined) {
      this.#log.commitOffset(this.#applicationId, this.#input, open.offset);
      for (const { topic, partition, offset } of open.others) {
        const committed = { offset, metadata: "" };
        this.#log.commitOffset(this.#applicationId, { topic, partition }, committed);
      }
    }
    this.#log.wake();
  }

  /** Repeats a request of a transaction; a newer writer's transactions are safe from its copy. */
  #repeat({ offset, others }: OpenTransaction): void {
    const copy = this.#log.repeated(this.#input);
    if (copy === undefined) return;
    this.spent = true;
    void copy.then((request) => {
      if (request === "end") this.#end("committed");
      else if (this.#open?.offset !== undefined) Object.assign(this.#open, { offset, others });
    });
  }

  async #at(step: TransactionStep): Promise<void> {
    await this.#hook(step, this.#input);
    await this.#log.hook(step, this.#input);
  }

  /** What a fence does not name, it could not look for. */
  #refuseUnnamed(topic: string): void {
    if (this.#outputs === undefined) return;
    const { changelog, topics } = this.#outputs;
    const named = topic === changelog.topic || topics.includes(topic);
    assert(named, `a transaction can write to ${topic} only if its fence names it`);
  }

  #refuseEnded(transaction: OpenTransaction): void {
    if (this.#fenced) {
      throw new PipelineError("LOG_FENCED", "Cannot commit as a newer owner exists");
    }
    if (this.#open === transaction) return;
    throw new PipelineError("LOG_UNAVAILABLE", "Cannot commit as the transaction must be open");
  }
}

import { assert } from "../../base/assert.ts";
import { type ErrorCode, PipelineError } from "../../base/errors.ts";
import type { FencedWriter, Transaction } from "../../streams/ports.ts";
import {
  type Offset,
  type OutputRecord,
  partitionName,
  type TopicPartition,
} from "../../streams/record.ts";
import { recordSizeBytesMax } from "./batch_encoder.ts";
import type { PlacedRecord } from "./batch_plan.ts";
import type { Cluster } from "../cluster.ts";
import { faultKind, faultType, isPassing, toPipelineError } from "../errors.ts";
import type { ProducerIdentity } from "../wire/internals.ts";
import { placeRecords, type ProduceLimits, ProducerSession } from "./producer_session.ts";
import { Deadline, type Waiting } from "../retry.ts";
import type { TransactionClient } from "./transaction_protocol.ts";

/** How long and how much a writer sends. */
export interface TransactionOptions extends ProduceLimits {
  /** After that a commit gives up, ms; less than `transactionTimeoutMs`. */
  readonly commitTimeoutMs: number;
  /** After that the coordinator aborts a transaction by itself, ms. */
  readonly transactionTimeoutMs: number;
}

/** What a writer is made from. */
export interface TransactionWriterParts {
  readonly cluster: Cluster;
  readonly client: TransactionClient;
  readonly identity: ProducerIdentity;
  readonly transactionalId: string;
  readonly input: TopicPartition;
  readonly waiting: Waiting;
  readonly options: TransactionOptions;
  /** End of the changelog, asked when a transaction brings no changelog record. */
  readonly endOf: (partition: TopicPartition) => Promise<Offset>;
}

/**
 * ```
 * open ──commit──► committing ──► open          all requests answered
 *                       └───────► dead          any error; fence again
 * ```
 */
type WriterState = "open" | "committing" | "dead";

/** How long a dead writer tries to abort what it left open, ms. */
const abortTimeoutMs = 2_000;

/** Commits through one epoch of a transactional producer. */
export class TransactionWriter implements FencedWriter {
  readonly #parts: TransactionWriterParts;
  readonly #session: ProducerSession;
  #state: WriterState = "open";
  #changelogPosition: Offset | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(parts: TransactionWriterParts) {
    this.#parts = parts;
    this.#session = new ProducerSession(parts.cluster, parts.identity, {
      transactionalId: parts.transactionalId,
      limits: parts.options,
    });
  }

  async commit(transaction: Transaction): Promise<Offset> {
    assert(this.#state === "open", `a writer that is ${this.#state} cannot commit`);
    this.#state = "committing";
    const settled = Promise.withResolvers<void>();
    this.#settled = settled.promise;
    try {
      const deadline = new Deadline(this.#parts.waiting, this.#parts.options.commitTimeoutMs);
      const position = await this.#prepare(transaction, deadline);
      await this.#end(deadline);
      this.#changelogPosition = position;
      this.#state = "open";
      return position;
    } catch (error) {
      this.#state = "dead";
      throw error;
    } finally {
      settled.resolve();
    }
  }

  /** Waits for a commit under way; its transaction is ended either way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#settled;
    this.#state = "dead";
  }

  /** Everything before the decision: what fails here has certainly not happened. */
  async #prepare(transaction: Transaction, deadline: Deadline): Promise<Offset> {
    try {
      const placed = await deadline.retry(() =>
        placeRecords(this.#parts.cluster, transaction.records)
      );
      const position = await this.#write(transaction, placed, deadline);
      await this.#commitOffset(transaction, position, deadline);
      return position;
    } catch (error) {
      await this.#abort();
      throw this.#wrap(error);
    }
  }

  async #write(
    { changelog }: Transaction,
    records: readonly PlacedRecord[],
    deadline: Deadline,
  ): Promise<Offset> {
    const { client, identity } = this.#parts;
    if (records.length > 0) {
      await client.addPartitions(identity, partitionsOf(records), deadline);
    }
    const [sent] = await bothSettled(
      this.#session.send(records, deadline),
      client.addOffsets(identity, deadline),
    );
    const [refused] = sent.refused;
    if (refused !== undefined) throw tooLarge(refused);
    const last = sent.lastOffsets.get(partitionName(changelog));
    if (last !== undefined) return last + 1;
    return this.#changelogPosition ?? await deadline.retry(() => this.#parts.endOf(changelog));
  }

  async #commitOffset(
    { input, inputOffset, metadata }: Transaction,
    position: Offset,
    deadline: Deadline,
  ): Promise<void> {
    assert(
      input.topic === this.#parts.input.topic && input.partition === this.#parts.input.partition,
      `${partitionName(input)} cannot be committed by the writer of another partition`,
    );
    const commit = { ...input, offset: inputOffset, metadata: metadata(position) };
    await this.#parts.client.commitOffset(this.#parts.identity, commit, deadline);
  }

  /**
   * Asks for the commit until it is answered.
   *
   * Once an answer was lost, the coordinator may have committed: an error that would otherwise
   * mean "not committed" then means "unknown", except that a newer owner exists either way.
   */
  async #end(deadline: Deadline): Promise<void> {
    let inDoubt = false;
    for (let attempt = 0;; attempt++) {
      try {
        return await this.#parts.client.end(this.#parts.identity, "commit");
      } catch (error) {
        inDoubt ||= faultKind(error) === "connection";
        if (isPassing(error) && !deadline.passed) {
          await deadline.pause(attempt);
          continue;
        }
        if (!inDoubt) await this.#abort();
        throw this.#wrap(error, inDoubt ? "COMMIT_UNKNOWN" : undefined);
      }
    }
  }

  /** Best effort: the next fence, or the coordinator's time-out, aborts what is left open. */
  async #abort(): Promise<void> {
    const deadline = new Deadline(this.#parts.waiting, abortTimeoutMs);
    const { client, identity } = this.#parts;
    await deadline.retry(() => client.end(identity, "abort")).catch(() => {});
  }

  #wrap(error: unknown, code?: ErrorCode): unknown {
    const { input, transactionalId } = this.#parts;
    const place = partitionName(input);
    const wrapped = toPipelineError(error, `commit ${place}`, { transactionalId });
    if (code === undefined || !(wrapped instanceof PipelineError)) return wrapped;
    if (wrapped.code === "LOG_FENCED") return wrapped;
    return new PipelineError(
      code,
      `Cannot tell whether ${place} was committed as the answer must arrive: ${
        faultType(error) ?? "it was lost"
      }`,
      { cause: error, context: { transactionalId } },
    );
  }
}

/** Waits for both, so that nothing of a failed commit is still under way when it is aborted. */
async function bothSettled<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === "rejected") throw a.reason;
  if (b.status === "rejected") throw b.reason;
  return [a.value, b.value];
}

function partitionsOf(records: readonly PlacedRecord[]): TopicPartition[] {
  const found = new Map<string, TopicPartition>();
  for (const { topic, partition } of records) {
    found.set(partitionName({ topic, partition }), { topic, partition });
  }
  return [...found.values()];
}

function tooLarge(record: OutputRecord): PipelineError {
  const { topic } = record;
  const bytes = recordSizeBytesMax(record);
  return new PipelineError(
    "TOPIC_UNSUITABLE",
    `Cannot write to ${topic} as its setting max.message.bytes must allow a record of ${bytes} ` +
      `bytes: the broker refuses it; raise the setting with kafka-configs, then start again`,
    { context: { topic, bytes } },
  );
}

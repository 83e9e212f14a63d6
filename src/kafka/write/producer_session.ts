import { assert } from "../../base/assert.ts";
import { type Offset, type OutputRecord, partitionName } from "../../streams/record.ts";
import { partitionForKey } from "../../streams/partitioner.ts";
import { encodeBatch } from "./batch_encoder.ts";
import { type PlacedRecord, planBatches, type PlannedBatch } from "./batch_plan.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Compression } from "../wire/compression.ts";
import { faultKind, isPassing, ProtocolFault } from "../wire/errors.ts";
import type { ProducerIdentity } from "./transaction_requests.ts";
import { type PartitionBatch, type ProducedPartition, produceRequest } from "./produce_protocol.ts";
import { inPlaceOf, type RefusalReason, refusalReason } from "./refusals.ts";
import { isStampable, unstamped } from "../wire/stamps.ts";
import type { Deadline } from "../cluster/retry.ts";

/** Bounds of what is sent. */
export interface ProduceLimits {
  /** Batch before compression; below the brokers' `max.message.bytes` (default 1,048,588). */
  readonly batchBytesMax: number;
  /** One request; below the brokers' `socket.request.max.bytes` (default 100 MiB). */
  readonly requestBytesMax: number;
  /** How long a leader may wait for its replicas, ms. */
  readonly replicationTimeoutMs: number;
  /** Of every batch. */
  readonly compression: Compression;
  /** Told of each refusal that is dealt with here. */
  readonly onRefused?: (topic: string, reason: RefusalReason) => void;
}

/** What became of records that were sent. */
export interface Sent {
  /** Per `partitionName` the offset of the last record that was written. */
  readonly lastOffsets: ReadonlyMap<string, Offset>;
  /** Records that the broker takes in no form; nothing of them is written. */
  readonly refused: readonly OutputRecord[];
}

/** In whose transactions, if in any, and in what portions a session writes. */
export interface ProducerSessionOptions {
  readonly transactionalId: string | null;
  /** True when what is written adds itself to the transaction. */
  readonly v2?: boolean;
  readonly limits: ProduceLimits;
}

/** Sequence numbers count modulo 2^31. */
const sequenceModulus = 2 ** 31;

interface PendingBatch extends PartitionBatch {
  readonly name: string;
  readonly planned: PlannedBatch;
  readonly baseSequence: number;
}

interface RefusedBatch {
  readonly pending: PendingBatch;
  readonly reason: RefusalReason;
}

/**
 * One life of an idempotent producer: an identity and its sequence number per partition.
 *
 * A batch whose answer was lost is sent again with the same bytes and sequence; the broker knows
 * the last five batches of a producer and answers with the first one's offset. One batch per
 * partition is under way at a time. After an error other than a passing one the session must be
 * given up: our sequence numbers and the broker's may differ.
 */
export class ProducerSession {
  readonly #cluster: Cluster;
  readonly #identity: ProducerIdentity;
  readonly #options: ProducerSessionOptions;
  readonly #sequences = new Map<string, number>();

  constructor(
    cluster: Cluster,
    identity: ProducerIdentity,
    options: ProducerSessionOptions,
  ) {
    this.#cluster = cluster;
    this.#identity = identity;
    this.#options = options;
  }

  /**
   * Writes records, in order per partition. What a broker refuses for its size or timestamps is
   * sent again in another form (`inPlaceOf`), before what follows it.
   *
   * @throws Kafka's error, once the deadline has passed or if it is not a passing one.
   */
  async send(records: readonly PlacedRecord[], deadline: Deadline): Promise<Sent> {
    const holdable = records.map((record) => isStampable(record) ? record : unstamped(record));
    const plan = planBatches(holdable, this.#options.limits.batchBytesMax);
    const lastOffsets = new Map<string, Offset>();
    const refused: OutputRecord[] = [];
    for (let round = this.#nextRound(plan); round.length > 0; round = this.#nextRound(plan)) {
      const outcome = await this.#sendRound(round, deadline);
      for (const { name, offset } of outcome.written) lastOffsets.set(name, offset);
      for (const batch of outcome.refused) refused.push(...this.#replace(batch, plan));
    }
    return { lastOffsets, refused };
  }

  /**
   * Puts another form of a refused batch at the head of its partition. Nothing of it was written,
   * so its sequence numbers are free.
   *
   * @returns Its record, if there is no other form.
   */
  #replace(
    { pending, reason }: RefusedBatch,
    plan: ReadonlyMap<string, PlannedBatch[]>,
  ): readonly OutputRecord[] {
    const { name, planned, baseSequence } = pending;
    this.#options.limits.onRefused?.(planned.topic, reason);
    this.#sequences.set(name, baseSequence);
    const batches = inPlaceOf(planned, reason);
    plan.get(name)?.unshift(...batches);
    return batches.length > 0 ? [] : planned.records;
  }

  /** The next batch of every partition, as far as they fit into one request. */
  #nextRound(plan: ReadonlyMap<string, PlannedBatch[]>): PendingBatch[] {
    const round: PendingBatch[] = [];
    let sizeBytes = 0;
    for (const [name, batches] of plan) {
      const planned = batches.shift();
      if (planned === undefined) continue;
      const pending = this.#encode(name, planned);
      round.push(pending);
      sizeBytes += pending.batch.length;
      if (sizeBytes >= this.#options.limits.requestBytesMax) break;
    }
    return round;
  }

  #encode(name: string, planned: PlannedBatch): PendingBatch {
    const { topic, partition, records } = planned;
    const baseSequence = this.#sequences.get(name) ?? 0;
    this.#sequences.set(name, (baseSequence + records.length) % sequenceModulus);
    const batch = encodeBatch(records, {
      ...this.#identity,
      baseSequence,
      transactional: this.#options.transactionalId !== null,
      compression: this.#options.limits.compression,
    });
    return { topic, partition, name, planned, baseSequence, batch };
  }

  async #sendRound(
    round: readonly PendingBatch[],
    deadline: Deadline,
  ): Promise<Pick<RoundOutcome, "written" | "refused">> {
    const done: Pick<RoundOutcome, "written" | "refused"> = { written: [], refused: [] };
    let left = round;
    for (let attempt = 0; left.length > 0; attempt++) {
      const { written, refused, failed, fault } = await this.#tryBatches(left);
      done.written.push(...written);
      done.refused.push(...refused);
      if (failed.length > 0) await deadline.again(fault, attempt);
      left = failed;
    }
    return done;
  }

  async #tryBatches(batches: readonly PendingBatch[]): Promise<RoundOutcome> {
    const outcome: RoundOutcome = { written: [], refused: [], failed: [], fault: undefined };
    const byLeader = await this.#groupByLeader(batches, outcome);
    await Promise.all(
      [...byLeader].map(([leader, group]) => this.#tryLeader(leader, group, outcome)),
    );
    return outcome;
  }

  async #groupByLeader(
    batches: readonly PendingBatch[],
    outcome: RoundOutcome,
  ): Promise<Map<number, PendingBatch[]>> {
    const groups = new Map<number, PendingBatch[]>();
    for (const pending of batches) {
      try {
        const leader = await this.#cluster.leader(pending);
        groups.set(leader, [...groups.get(leader) ?? [], pending]);
      } catch (error) {
        note(outcome, pending, error);
      }
    }
    return groups;
  }

  async #tryLeader(
    leader: number,
    group: readonly PendingBatch[],
    outcome: RoundOutcome,
  ): Promise<void> {
    const { transactionalId, v2 = false, limits } = this.#options;
    const timeoutMs = limits.replicationTimeoutMs;
    const request = produceRequest(group, { transactionalId, v2, timeoutMs });
    try {
      this.#settle(group, await this.#cluster.send(leader, request), outcome);
    } catch (error) {
      for (const pending of group) this.#fail(outcome, pending, error);
    }
  }

  #settle(
    group: readonly PendingBatch[],
    produced: readonly ProducedPartition[],
    outcome: RoundOutcome,
  ): void {
    const answers = new Map(produced.map((answer) => [partitionName(answer), answer]));
    for (const pending of group) {
      const { errorCode, baseOffset } = answers.get(pending.name) ?? timedOut;
      const reason = refusalReason(errorCode);
      if (reason !== undefined) outcome.refused.push({ pending, reason });
      else if (errorCode === 0 && baseOffset >= 0) {
        const offset = baseOffset + pending.planned.records.length - 1;
        outcome.written.push({ name: pending.name, offset });
      } else {
        this.#fail(outcome, pending, new ProtocolFault(errorCode, `Produce to ${pending.name}`));
      }
    }
  }

  #fail(outcome: RoundOutcome, pending: PendingBatch, error: unknown): void {
    this.#cluster.forgetTopic(pending.topic);
    note(outcome, pending, error);
  }
}

/** In the place of an answer that does not come. */
const timedOut = { errorCode: 7, baseOffset: -1 };

interface RoundOutcome {
  readonly written: { readonly name: string; readonly offset: Offset }[];
  readonly refused: RefusedBatch[];
  readonly failed: PendingBatch[];
  /** The gravest error: one that does not pass, or else one that was no answer. */
  fault: unknown;
}

function note(outcome: RoundOutcome, pending: PendingBatch, error: unknown): void {
  outcome.failed.push(pending);
  if (gravity(error) > gravity(outcome.fault)) outcome.fault = error;
}

function gravity(error: unknown): number {
  if (error === undefined) return 0;
  if (!isPassing(error)) return 3;
  return faultKind(error) === "connection" ? 2 : 1;
}

/** Decides the partition of records that do not name one: by key, as Kafka's own clients do. */
export async function placeRecords(
  cluster: Cluster,
  records: readonly OutputRecord[],
): Promise<readonly PlacedRecord[]> {
  if (records.every(isPlaced)) return records;
  const counts = new Map<string, number>();
  for (const { topic, partition } of records) {
    if (partition !== undefined || counts.has(topic)) continue;
    const count = (await cluster.topic(topic)).length;
    assert(count > 0, `topic must have partitions: ${topic}`);
    counts.set(topic, count);
  }
  return records.map((record) => ({
    ...record,
    partition: record.partition ?? partitionOf(record, counts.get(record.topic) ?? 1),
  }));
}

function isPlaced(record: OutputRecord): record is PlacedRecord {
  return record.partition !== undefined;
}

/** Records without key or partition share partition 0, where their order is kept. */
function partitionOf({ key }: OutputRecord, count: number): number {
  return key === null ? 0 : partitionForKey(key, count);
}

import { InvariantError } from "../../base/assert.ts";
import { describeError, PipelineError } from "../../base/errors.ts";
import { Producers } from "../state/producers.ts";
import { type LogRecord, type Offset, type OutputRecord, partitionName } from "../record.ts";
import { Closing } from "./closing.ts";
import { identityOf } from "./record_identity.ts";
import { eventsIn, itemsOf, receivedUsOf } from "./reading.ts";
import { Rekeying, type Repartition } from "./rekeying.ts";
import { type DeadLetterCause, deadLetterRecord, lateRecord, type Origin } from "./side_output.ts";
import { writtenParts } from "./written_parts.ts";
import type { Lineage } from "../state/lineage.ts";
import { wholeFromMs } from "../state/cut_input.ts";
import { Horizon } from "../state/horizon.ts";
import type { Rules } from "../state/rules.ts";
import { stateVersion, type TaskMeta, type Windowing } from "../state/state.ts";
import { WriteTimes } from "../state/write_times.ts";
import type { ItemCounts } from "../item_counts.ts";
import { defaultHandlers } from "../topology/handlers.ts";
import type { EventContext, KeyedEvents, Reading, Topology } from "../topology/topology.ts";
import {
  closingTimeMs,
  firstOpenStart,
  firstWindowStart,
  lastWindowStart,
} from "../topology/windows.ts";
import type { CachedKey } from "../state/cached_key.ts";
import type { WriteCache } from "../state/write_cache.ts";
import { windowingOf } from "../topology/windowing.ts";

/** Where a task is in one of its inputs. */
interface Position {
  offset: Offset;
  epoch: number;
}

/**
 * Applies records to the state: the whole meaning of a topology, synchronous and pure but for the
 * cache it changes.
 *
 * Owner: the task. Ordering: records of a topic in offset order, each once; those of the input and
 * of the repartition topic in any order.
 */
export class RecordProcessor<E, A, R> {
  readonly #topology: Topology<E, A, R>;
  readonly #cache: WriteCache<A>;
  readonly #direct: Position;
  readonly #rekeyed: Position;
  readonly #lineage: Lineage;
  readonly #times: WriteTimes;
  readonly #rules: Rules;
  readonly #horizon: Horizon;
  #wholeFromMs: number | null;
  readonly #generationUs: number;
  readonly #counts: { -readonly [K in keyof ItemCounts]: ItemCounts[K] };
  readonly #producers: Producers;
  readonly #windowing: Windowing;
  readonly #rekeying: Rekeying;
  /** True for a job that continues after its own code threw on an event. */
  readonly #continues: boolean;
  #eventRows: R[] = [];
  #sideOutputs: OutputRecord[] = [];
  #changed = false;

  /** @param repartition Where events go whose place is another one, for jobs that send them on. */
  constructor(
    topology: Topology<E, A, R>,
    cache: WriteCache<A>,
    meta: TaskMeta,
    repartition?: Repartition,
  ) {
    this.#topology = topology;
    this.#cache = cache;
    this.#direct = { offset: meta.inputOffset, epoch: meta.inputEpoch };
    this.#rekeyed = { offset: meta.rekeyedOffset, epoch: meta.rekeyedEpoch };
    this.#lineage = meta.lineage;
    this.#times = new WriteTimes(meta);
    this.#rules = meta.rules;
    this.#horizon = new Horizon(topology, meta.horizon);
    this.#wholeFromMs = meta.wholeFromMs;
    this.#generationUs = meta.generationUs;
    this.#counts = { ...meta.counts };
    this.#producers = new Producers(meta.producers);
    this.#windowing = windowingOf(topology);
    this.#rekeying = new Rekeying(repartition, (key) => cache.key(key).keyHash);
    this.#continues = topology.handlers.onProcessingError !== defaultHandlers.onProcessingError;
  }

  /** What a commit now would make true. */
  get meta(): TaskMeta {
    return {
      stateVersion,
      inputOffset: this.#direct.offset,
      inputEpoch: this.#direct.epoch,
      lineage: this.#lineage,
      versionUs: this.#times.versionUs,
      generationUs: this.#generationUs,
      counts: { ...this.#counts },
      rekeyedOffset: this.#rekeyed.offset,
      rekeyedEpoch: this.#rekeyed.epoch,
      producers: this.#producers.known,
      windowing: this.#windowing,
      rules: this.#rules,
      horizon: this.#horizon.state,
      wholeFromMs: this.#wholeFromMs,
    };
  }

  /** See `TaskMeta`. */
  get wholeFromMs(): number | null {
    return this.#wholeFromMs;
  }

  /** True when there is something to commit. */
  get changed(): boolean {
    return this.#changed;
  }

  /** Rows of events since the last commit, in input order. */
  get eventRows(): readonly R[] {
    return this.#eventRows;
  }

  /** Late events and dead letters since the last commit, in input order. */
  get sideOutputs(): readonly OutputRecord[] {
    return this.#sideOutputs;
  }

  /** Starts from scratch after a commit. */
  settle(): void {
    this.#eventRows = [];
    this.#sideOutputs = [];
    this.#changed = false;
  }

  /**
   * What comes next was written by a leader of this epoch, or by earlier ones. A later epoch beside
   * an earlier offset does no harm, the other way round would look like a lost tail.
   */
  writtenIn(topic: string, leaderEpoch: number | undefined): void {
    if (leaderEpoch !== undefined) this.#positionIn(topic).epoch = leaderEpoch;
  }

  /** Moves the position in a topic over offsets that hold no record for us. */
  skipTo(topic: string, offset: Offset): void {
    this.#moveTo(this.#positionIn(topic), offset);
  }

  #positionIn(topic: string): Position {
    return this.#rekeying.isRekeyed(topic) ? this.#rekeyed : this.#direct;
  }

  /** False where the position is there already, or beyond. */
  #moveTo(position: Position, offset: Offset): boolean {
    if (offset <= position.offset) return false;
    position.offset = offset;
    this.#changed = true;
    return true;
  }

  /**
   * Applies one record; one that was applied before changes nothing, and one that its producer sent
   * twice only counts as such.
   *
   * @throws {PipelineError} `RECORD_REFUSED` where a handler of the job says to stop.
   */
  process(record: LogRecord): void {
    const position = this.#positionIn(record.topic);
    if (!this.#moveTo(position, record.offset + 1)) return;
    const receivedUs = receivedUsOf(record);
    if (receivedUs !== undefined) this.#enter(receivedUs);
    const rekeyed = position === this.#rekeyed;
    if (!rekeyed && this.#isRepeated(record)) return this.#duplicate(record);
    if (receivedUs === undefined) {
      return this.#deadRecord(record, "impossible-value", "record timestamp is out of range");
    }
    this.#apply(record, rekeyed);
  }

  #isRepeated({ headers, key }: LogRecord): boolean {
    const identity = identityOf(headers);
    return identity !== undefined && !this.#producers.isNew(identity, key);
  }

  /** Begins with records that were received at this time or before. */
  #enter(receivedUs: number): void {
    this.#times.moveTo(receivedUs);
    this.#wholeFromMs ??= wholeFromMs(Math.floor(receivedUs / 1000), this.#topology);
  }

  #apply(record: LogRecord, rekeyed: boolean): void {
    if (record.unreadable !== undefined) {
      return this.#deadRecord(record, "unreadable-batch", record.unreadable);
    }
    const reading = this.#read(record);
    if (reading.kind === "dead") return this.#deadRecord(record, reading.cause, reading.detail);
    if (eventsIn(reading) === 0) return this.#deadRecord(record, "empty", "no event in record");
    if (reading.kind === "wrong-key") return this.#wrongKey(record, reading.parts);
    const { key, events } = reading;
    if (!rekeyed && this.#rekeying.belongsElsewhere(key, record.partition)) {
      return this.#sendOn(record, { key, events, indexes: [...events.keys()] });
    }
    for (let index = 0; index < events.length; index++) {
      const context = { key, record, index, versionUs: this.#times.next(), rekeyed };
      this.#processEvent(events[index] as E, context);
    }
  }

  /** No key of the state is made of what cannot be a key, not even for a moment. */
  #read(record: LogRecord): Reading<E> {
    const { source } = this.#topology;
    const reading = source.read(record);
    const fault = reading.kind === "events" ? source.keyFault?.(reading.key) : undefined;
    if (fault === undefined) return reading;
    return { kind: "dead", cause: "impossible-value", detail: fault };
  }

  #wrongKey(record: LogRecord, parts: readonly KeyedEvents<E>[]): void {
    if (!this.#rekeying.sendsOn || this.#rekeying.isRekeyed(record.topic)) {
      return this.#deadRecord(record, "key-mismatch", "record key is not that of all its events");
    }
    for (const part of parts) this.#sendOn(record, part);
  }

  /**
   * Sends events to the partition of their key, in the transaction of the next commit. What no
   * record can hold ends here: it would stop the commit.
   */
  #sendOn(record: LogRecord, events: KeyedEvents<E>): void {
    for (const part of writtenParts(events, this.#topology.source)) {
      if ("value" in part) {
        this.#counts.rekeyed += part.indexes.length;
        this.#sideOutputs.push(this.#rekeying.sentOn(record, part));
      } else {
        this.#counts.read += 1;
        this.#deadEvent({ record, index: part.index }, part.cause, part.detail);
      }
    }
  }

  #duplicate(record: LogRecord): void {
    const items = itemsOf(this.#read(record));
    this.#counts.read += items;
    this.#counts.duplicates += items;
  }

  #deadRecord(record: LogRecord, cause: DeadLetterCause, detail: string): void {
    const { onDeserializationError } = this.#topology.handlers;
    if (onDeserializationError(record, cause, detail) === "stop") {
      throw refused(record, `it cannot be read: ${cause}, ${detail}`, undefined);
    }
    this.#counts.read += 1;
    this.#counts.deadLetters += 1;
    const { topic } = this.#topology.source;
    const rekeyed = this.#rekeying.isRekeyed(record.topic);
    this.#sideOutputs.push(deadLetterRecord(topic, { record, rekeyed }, cause, detail));
  }

  #processEvent(event: E, context: EventContext): void {
    this.#counts.read += 1;
    try {
      this.#route(event, context);
    } catch (error) {
      // Only the job's own code is the handler's business; damage and bugs of ours are not.
      if (error instanceof PipelineError || error instanceof InvariantError) throw error;
      if (this.#topology.handlers.onProcessingError(error, event) === "stop") {
        throw refused(context.record, "the job failed on one of its events", error);
      }
      this.#deadEvent(context, "processing-error", describeError(error));
    }
  }

  #route(event: E, context: EventContext): void {
    const { source, maxFutureMs, events } = this.#topology;
    const fault = source.fault(event);
    if (fault !== undefined) return this.#deadEvent(context, "impossible-value", fault);
    const timeMs = source.timeOf(event);
    if (!Number.isSafeInteger(timeMs) || timeMs < 0) {
      return this.#deadEvent(context, "impossible-value", `event time is not epoch ms: ${timeMs}`);
    }
    const aheadMs = timeMs - context.record.timestampMs;
    if (aheadMs > maxFutureMs) {
      const detail = `event is ${aheadMs} ms ahead of its receipt`;
      return this.#deadEvent({ ...context, eventTimeMs: timeMs }, "far-future", detail);
    }
    // Written before the commit, so it must not depend on the windows: see ADR 12.
    const row = events?.row(event, context);
    if (row !== undefined) this.#eventRows.push(row);
    this.#place(event, timeMs, context);
  }

  #deadEvent(origin: Origin, cause: DeadLetterCause, detail: string): void {
    this.#counts.deadLetters += 1;
    const { topic } = this.#topology.source;
    this.#sideOutputs.push(deadLetterRecord(topic, origin, cause, detail));
  }

  /** Puts an event into its windows; it is late when none of them takes it. */
  #place(event: E, timeMs: number, context: EventContext): void {
    const { windows } = this.#topology;
    this.#horizon.note(timeMs);
    const owner = this.#cache.key(context.key);
    const { expiredToMs } = this.#horizon;
    const expired = owner.state.streamTimeMs < expiredToMs;
    const streamTimeMs = expired ? expiredToMs : owner.state.streamTimeMs;
    const closedToMs = expired ? expiredToMs : owner.state.closedToMs;
    const lastMs = lastWindowStart(timeMs, windows);
    const firstMs = firstWindowStart(lastMs, windows);
    const firstOpenMs = Math.max(firstMs, closedToMs);
    if (this.#continues) this.#rehearse(event, owner, { firstMs: firstOpenMs, lastMs });
    const missedEndMs = Math.min(firstOpenMs, lastMs + windows.advanceMs);
    for (let startMs = firstMs; startMs < missedEndMs; startMs += windows.advanceMs) {
      this.#missed(event, context, startMs, streamTimeMs);
    }
    if (firstOpenMs > lastMs) {
      this.#counts.late += 1;
      return;
    }
    if (expired) this.#cache.renew(owner, expiredToMs);
    for (let startMs = firstOpenMs; startMs <= lastMs; startMs += windows.advanceMs) {
      this.#aggregate(event, context, owner, startMs);
    }
    this.#counts.aggregated += 1;
    if (timeMs > streamTimeMs) this.#advance(owner, timeMs, context);
  }

  /**
   * Adds an event to copies of its windows. A job that throws on it throws here, before the first
   * window has changed; where it does not continue, the session ends and nothing has to be kept.
   */
  #rehearse(
    event: E,
    owner: CachedKey<A>,
    { firstMs, lastMs }: { readonly firstMs: number; readonly lastMs: number },
  ): void {
    const { aggregator, windowCodec, windows } = this.#topology;
    for (let startMs = firstMs; startMs <= lastMs; startMs += windows.advanceMs) {
      const { state } = this.#cache.window(owner, startMs) ?? this.#cache.newWindow(startMs);
      aggregator.add(windowCodec.decode(windowCodec.encode(state)).aggregate, event);
    }
  }

  /** Keeps an event that came too late for a window. */
  #missed(event: E, context: EventContext, startMs: number, streamTimeMs: number): void {
    const { source, windows } = this.#topology;
    const window = { startMs, endMs: startMs + windows.sizeMs };
    const value = source.write([event]);
    this.#sideOutputs.push(lateRecord(source.topic, context, { value, window, streamTimeMs }));
  }

  #aggregate(event: E, context: EventContext, owner: CachedKey<A>, startMs: number): void {
    const { aggregator } = this.#topology;
    const found = this.#cache.window(owner, startMs);
    const window = found ?? this.#cache.newWindow(startMs);
    aggregator.add(window.state.aggregate, event);
    if (found === undefined) this.#cache.add(owner, window);
    this.#cache.stamp(owner, window, context);
  }

  /** Moves the key's stream time and closes the windows that it leaves behind. */
  #advance(owner: CachedKey<A>, timeMs: number, context: EventContext): void {
    const { state } = owner;
    const { windows } = this.#topology;
    state.streamTimeMs = timeMs;
    this.#cache.touch(owner);
    if (timeMs < closingTimeMs(state.closedToMs, windows)) return;
    state.closedToMs = firstOpenStart(timeMs, windows);
    new Closing(this.#topology, this.#cache, owner, context).close();
  }
}

function refused(record: LogRecord, reason: string, cause: unknown): PipelineError {
  return new PipelineError(
    "RECORD_REFUSED",
    `Cannot continue at ${partitionName(record)}@${record.offset} as ${reason}`,
    { cause, context: { topic: record.topic, partition: record.partition, offset: record.offset } },
  );
}

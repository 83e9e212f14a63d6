import { Producers } from "../state/producers.ts";
import type { LogRecord, Offset, OutputRecord } from "../record.ts";
import { advance } from "./closing.ts";
import { identityOf } from "../record_identity.ts";
import { isTextOf } from "../text.ts";
import { faultOfForeign, faults, itemsOf, readRecord, receivedUsOf } from "./reading.ts";
import { type EventFold, eventFold } from "./event_fold.ts";
import { rehearse } from "./rehearse.ts";
import { Rekeying, type Repartition } from "./rekeying.ts";
import type { Arrival, ArrivedPart } from "../repartition_record.ts";
import { Positions } from "./positions.ts";
import { SideOutputs } from "./side_outputs.ts";
import { type Emitting, emittingOf } from "./emitting.ts";
import { eventTime } from "./event_time.ts";
import type { Pace } from "./pace.ts";
import { RecordPace } from "./record_pace.ts";
import { Sharing } from "./sharing.ts";
import type { Lineage } from "../state/lineage.ts";
import { wholeFromMs } from "../state/cut_input.ts";
import { Horizon } from "../state/horizon.ts";
import type { Rules } from "../state/rules.ts";
import { stateVersion, type TaskMeta } from "../state/state.ts";
import { WriteTimes } from "../state/write_times.ts";
import type { ItemCounts } from "../item_counts.ts";
import { defaultHandlers } from "../topology/handlers.ts";
import type { EventContext, Reading, Topology } from "../topology/topology.ts";
import { firstWindowStart, lastWindowStart } from "../topology/windows.ts";
import type { CachedKey } from "../state/cached_key.ts";
import type { KeyValues } from "../state/key_values.ts";
import { type TableReader, tableReader } from "./table_reader.ts";
import type { WriteCache } from "../state/write_cache.ts";
import { windowingOf } from "../state/windowing.ts";
import { EventRows } from "./event_rows.ts";
import { type EventWindows, eventWindows } from "./event_windows.ts";

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
  readonly #positions: Positions;
  readonly #stores: KeyValues;
  readonly #tables: TableReader | undefined;
  readonly #emitting: Emitting<E> | undefined;
  readonly #lineage: Lineage;
  readonly #times: WriteTimes;
  readonly #rules: Rules;
  readonly #horizon: Horizon;
  #wholeFromMs: number | null;
  readonly #generationUs: number;
  readonly #counts: { -readonly [K in keyof ItemCounts]: ItemCounts[K] };
  readonly #side: SideOutputs<E>;
  readonly #producers: Producers;
  readonly #rekeying: Rekeying;
  readonly #pace: RecordPace<E>;
  readonly #sharing: Sharing<E>;
  /** For a job whose windows are where its events are. */
  readonly #eventWindows: EventWindows<E, A> | undefined;
  /** True for a job that continues after its own code threw on an event. */
  readonly #continues: boolean;
  /** When the last record was received. */
  #receivedMs = 0;
  readonly #eventRows = new EventRows<R>();
  #changed = false;

  /**
   * @param repartition Where events go whose place is another one, for jobs that send them on.
   * @param pace Told how far the input and those of others are, where that matters.
   */
  constructor(
    topology: Topology<E, A, R>,
    cache: WriteCache<A>,
    stores: KeyValues,
    meta: TaskMeta,
    repartition?: Repartition,
    pace?: Pace,
  ) {
    this.#topology = topology;
    this.#cache = cache;
    this.#stores = stores;
    this.#positions = new Positions(meta, repartition?.topic);
    this.#lineage = meta.lineage;
    this.#times = new WriteTimes(meta);
    this.#rules = meta.rules;
    this.#horizon = new Horizon(topology, meta.horizon);
    this.#wholeFromMs = meta.wholeFromMs;
    this.#generationUs = meta.generationUs;
    this.#counts = { ...meta.counts };
    this.#side = new SideOutputs(topology, this.#counts);
    this.#tables = tableReader(topology, stores, meta.lineage);
    this.#emitting = emittingOf(topology, stores, meta.timeMs);
    this.#producers = new Producers(meta.producers);
    this.#rekeying = new Rekeying(repartition, topology.source);
    this.#pace = new RecordPace(topology, pace);
    this.#sharing = new Sharing({
      source: topology.source,
      rekeying: this.#rekeying,
      pace: this.#pace,
      side: this.#side,
      counts: this.#counts,
      here: (event, place) => {
        const versionUs = this.#times.next();
        this.#processEvent(event, { ...place, versionUs, rekeyed: false });
      },
    });
    this.#continues = topology.handlers.onProcessingError !== defaultHandlers.onProcessingError;
    this.#eventWindows = eventWindows(topology, cache, { rehearses: this.#continues });
  }

  /** What a commit now would make true. */
  get meta(): TaskMeta {
    return {
      stateVersion,
      ...this.#positions.places,
      lineage: this.#lineage,
      versionUs: this.#times.versionUs,
      generationUs: this.#generationUs,
      counts: { ...this.#counts },
      producers: this.#producers.known,
      windowing: windowingOf(this.#topology),
      rules: this.#rules,
      horizon: this.#horizon.state,
      wholeFromMs: this.#wholeFromMs,
      ...this.#emitting?.times,
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

  /** Rows of events since the last commit began, in input order. */
  get eventRows(): readonly R[] {
    return this.#eventRows.all;
  }

  /** Late events and dead letters since the last commit began, in input order. */
  get sideOutputs(): readonly OutputRecord[] {
    return this.#side.records;
  }

  /** Records of the job's streams since the last commit began. */
  get emitted(): readonly OutputRecord[] {
    return this.#emitting?.records ?? [];
  }

  /** Records of the repartition topic with what was sent on since the last commit began. */
  get sentOn(): readonly OutputRecord[] {
    return this.#rekeying.records();
  }

  /** True when the records and rows of events that wait for a commit have become large. */
  get isFull(): boolean {
    return this.#eventRows.isFull || this.#rekeying.isFull || this.#side.isFull ||
      this.#emitting?.isFull === true;
  }

  /** See `RecordPace`. */
  tell(place: Pick<LogRecord, "partition" | "offset">, reach: { readonly behind: boolean }): void {
    this.#pace.tell(this.#rekeying, { ...place, timestampMs: this.#receivedMs }, reach);
  }

  /** Leaves all of it to a commit, which has taken note of it. */
  handOver(): void {
    this.#eventRows.clear();
    this.#side.handOver();
    this.#rekeying.handOver();
    this.#emitting?.handOver();
    this.#changed = false;
  }

  /**
   * What comes next was written by a leader of this epoch, or by earlier ones. A later epoch beside
   * an earlier offset does no harm, the other way round would look like a lost tail.
   */
  writtenIn(topic: string, leaderEpoch: number | undefined): void {
    if (leaderEpoch !== undefined) this.#positions.writtenIn(topic, leaderEpoch);
  }

  /** Moves the position in a topic over offsets that hold no record for us. */
  skipTo(topic: string, offset: Offset): void {
    if (this.#positions.moveTo(topic, offset)) this.#changed = true;
  }

  /**
   * Applies one record of an input; one that was applied before changes nothing, and one that its
   * producer sent twice only counts as such.
   *
   * @throws {PipelineError} `RECORD_REFUSED` where a handler of the job says to stop.
   */
  process(record: LogRecord): void {
    if (!this.#positions.moveInput(record.topic, record.offset + 1)) return;
    this.#changed = true;
    const receivedUs = receivedUsOf(record);
    if (receivedUs !== undefined) this.#enter(receivedUs);
    if (this.#isRepeated(record)) return this.#duplicate(record);
    if (receivedUs === undefined) return this.#side.deadRecord(record, faults.impossibleTimestamp);
    if (this.#tables?.has(record) === true) {
      const fault = this.#tables.apply(record);
      return fault && this.#side.deadRecord(record, fault);
    }
    this.#applyDirect(record);
  }

  /**
   * Applies all that one record of the repartition topic has brought, or nothing if that was
   * applied before: the position in the topic does not say how much of a record.
   *
   * @throws {PipelineError} As `process`.
   */
  processArrival({ record, parts }: Arrival): void {
    if (!this.#positions.moveTo(record.topic, record.offset + 1)) return;
    this.#changed = true;
    if (parts === undefined) return this.#side.deadRecord(record, faultOfForeign(record));
    for (const part of parts) {
      if (part.keys.length === 0 && this.#pace.heard(part)) continue;
      const receivedUs = receivedUsOf(part);
      if (receivedUs === undefined) this.#side.deadRecord(part, faults.impossibleTimestamp);
      else this.#applyArrived(part, receivedUs);
    }
  }

  #isRepeated({ headers, key, topic }: LogRecord): boolean {
    const identity = identityOf(headers);
    if (identity === undefined) return false;
    return !this.#producers.isNew(this.#positions.inTopic(topic, identity), key);
  }

  /** Begins with records that were received at this time or before. */
  #enter(receivedUs: number): void {
    this.#times.moveTo(receivedUs);
    this.#receivedMs = Math.floor(receivedUs / 1000);
    this.#wholeFromMs ??= wholeFromMs(Math.floor(receivedUs / 1000), this.#topology);
  }

  #applyDirect(record: LogRecord): void {
    const reading = this.#read(record, "direct");
    if (reading.kind === "nothing") return;
    if (reading.kind === "dead") return this.#side.deadRecord(record, reading);
    this.#pace.read(reading.events, record);
    if (reading.kind === "wrong-key") return this.#sharing.share(record, reading);
    const { key, events } = reading;
    if (this.#rekeying.belongsElsewhere(key, record.partition)) {
      return this.#sharing.share(record, { events, keys: events.map(() => key) });
    }
    for (let index = 0; index < events.length; index++) {
      const versionUs = this.#times.next();
      this.#processEvent(events[index] as E, { key, record, index, versionUs, rekeyed: false });
    }
  }

  #applyArrived(part: ArrivedPart, receivedUs: number): void {
    this.#enter(receivedUs);
    const reading = this.#read(part, "rekeyed");
    if (reading.kind === "dead") return this.#side.deadRecord(part, reading);
    if (reading.kind !== "wrong-key") return this.#side.deadRecord(part, faults.keyMismatch);
    const { events, keys } = reading;
    if (events.length !== part.keys.length) return this.#side.deadRecord(part, faults.otherCount);
    for (let i = 0; i < events.length; i++) {
      const sentAs = part.keys[i];
      if (sentAs === undefined) continue;
      const key = keys[i] ?? "";
      const index = part.firstIndex + i;
      const fault = isTextOf(sentAs, key) ? this.#rekeying.placeOf(key).fault : faults.keyMismatch;
      if (fault !== undefined) {
        this.#side.deadOnItsWay({ record: part, index }, fault);
        continue;
      }
      const versionUs = this.#times.next();
      this.#processEvent(events[i] as E, { key, record: part, index, versionUs, rekeyed: true });
    }
  }

  #read(record: LogRecord, from: "direct" | "rekeyed"): Reading<E> {
    try {
      return readRecord(record, this.#topology.source, from, this.#lineage);
    } catch (error) {
      return { kind: "dead", ...this.#side.jobFault(error, record) };
    }
  }

  #duplicate(record: LogRecord): void {
    const items = this.#tables?.has(record) === true ? 1 : itemsOf(this.#read(record, "direct"));
    this.#counts.read += items;
    this.#counts.duplicates += items;
  }

  #processEvent(event: E, context: EventContext): void {
    this.#counts.read += 1;
    try {
      this.#route(event, context);
    } catch (error) {
      const { cause, detail } = this.#side.jobFault(error, context.record);
      this.#side.deadEvent(context, cause, detail);
    }
  }

  #route(event: E, context: EventContext): void {
    const time = eventTime(this.#topology, event, context);
    if (typeof time !== "number") {
      const { cause, detail, ...origin } = time;
      return this.#side.deadEvent({ ...context, ...origin }, cause, detail);
    }
    // Written before the commit, so it must not depend on the windows: see ADR 12.
    const row = this.#topology.events?.make(event, context);
    if (row !== undefined) this.#eventRows.add(row, context.record);
    if (this.#emitting === undefined) return this.#place(event, time, context);
    this.#emitting.moveTo(time, context);
    this.#emitting.attempt(() => this.#place(event, time, context));
  }

  /** Puts an event into its windows; it is late when none of them takes it. */
  #place(event: E, timeMs: number, context: EventContext): void {
    const { windows } = this.#topology;
    this.#emitting?.take(event, context);
    const fold = eventFold(this.#topology, event, context, this.#stores);
    if (fold === undefined) return this.#side.passedOn(event, context, this.#emitting);
    this.#horizon.note(timeMs);
    const owner = this.#cache.key(context.key);
    const { expiredToMs } = this.#horizon;
    const expired = owner.state.streamTimeMs < expiredToMs;
    const streamTimeMs = expired ? expiredToMs : owner.state.streamTimeMs;
    const closedToMs = expired ? expiredToMs : owner.state.closedToMs;
    if (this.#eventWindows !== undefined) {
      const place = { owner, closedToMs, expired, fold };
      const missed = this.#eventWindows.take(event, timeMs, context, place);
      if (missed !== undefined) return this.#side.without(event, context, missed, streamTimeMs);
      this.#counts.aggregated += 1;
      if (timeMs > streamTimeMs) advance(this.#topology, this.#cache, owner, timeMs, context);
      return;
    }
    const lastMs = lastWindowStart(timeMs, windows);
    const firstMs = firstWindowStart(lastMs, windows);
    const firstOpenMs = Math.max(firstMs, closedToMs);
    if (this.#continues) {
      rehearse(this.#topology, this.#cache, event, { owner, fold, firstMs: firstOpenMs, lastMs });
    }
    const missedEndMs = Math.min(firstOpenMs, lastMs + windows.advanceMs);
    for (let startMs = firstMs; startMs < missedEndMs; startMs += windows.advanceMs) {
      this.#side.missed(event, context, { startMs }, streamTimeMs);
    }
    if (firstOpenMs > lastMs) {
      this.#counts.late += 1;
      return;
    }
    if (expired) this.#cache.renew(owner, expiredToMs);
    for (let startMs = firstOpenMs; startMs <= lastMs; startMs += windows.advanceMs) {
      this.#aggregate(event, context, owner, startMs, fold);
    }
    this.#counts.aggregated += 1;
    if (timeMs > streamTimeMs) advance(this.#topology, this.#cache, owner, timeMs, context);
  }

  #aggregate(
    event: E,
    context: EventContext,
    owner: CachedKey<A>,
    startMs: number,
    fold: EventFold<E, A>,
  ): void {
    const found = this.#cache.window(owner, startMs);
    const window = found ?? this.#cache.newWindow(startMs);
    window.state.aggregate = fold.add(window.state.aggregate, event);
    if (found === undefined) this.#cache.add(owner, window);
    this.#cache.stamp(owner, window, context);
  }
}

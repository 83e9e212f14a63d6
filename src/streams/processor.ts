import { assert } from "../base/assert.ts";
import type { LogRecord, OutputRecord } from "./record.ts";
import { type DeadLetterCause, deadLetterRecord, lateTopic, originHeaders } from "./side_output.ts";
import type { TaskMeta } from "./state.ts";
import type { ItemCounts } from "./status.ts";
import { encodeText } from "./text.ts";
import type { EventContext, Topology } from "./topology.ts";
import { isClosed, windowStart } from "./windows.ts";
import type { CachedKey, CachedWindow, WriteCache } from "./write_cache.ts";

/** Receive times that can become write times in microseconds without losing digits. */
const recordTimestampMsMax = 9_000_000_000_000;

/**
 * Applies records to the state: the whole meaning of a topology, synchronous and pure but for the
 * cache it changes.
 *
 * Owner: the task. Ordering: records in offset order, each once.
 */
export class RecordProcessor<E, A, R> {
  readonly #topology: Topology<E, A, R>;
  readonly #cache: WriteCache<A>;
  #inputOffset: number;
  #versionUs: number;
  readonly #generationUs: number;
  readonly #counts: { -readonly [K in keyof ItemCounts]: ItemCounts[K] };
  #eventRows: R[] = [];
  #sideOutputs: OutputRecord[] = [];
  #changed = false;

  constructor(topology: Topology<E, A, R>, cache: WriteCache<A>, meta: TaskMeta) {
    this.#topology = topology;
    this.#cache = cache;
    this.#inputOffset = meta.inputOffset;
    this.#versionUs = meta.versionUs;
    this.#generationUs = meta.generationUs;
    this.#counts = { ...meta.counts };
  }

  /** What a commit now would make true. */
  get meta(): TaskMeta {
    return {
      inputOffset: this.#inputOffset,
      versionUs: this.#versionUs,
      generationUs: this.#generationUs,
      counts: { ...this.#counts },
    };
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

  /** Starts anew after a commit. */
  settle(): void {
    this.#eventRows = [];
    this.#sideOutputs = [];
    this.#changed = false;
  }

  /** Moves the input position over offsets that hold no record for us. */
  skipTo(inputOffset: number): void {
    if (inputOffset <= this.#inputOffset) return;
    this.#inputOffset = inputOffset;
    this.#changed = true;
  }

  /** Applies one record; one that was applied before changes nothing. */
  process(record: LogRecord): void {
    if (record.offset < this.#inputOffset) return;
    this.skipTo(record.offset + 1);
    if (!(record.timestampMs >= 0 && record.timestampMs <= recordTimestampMsMax)) {
      return this.#deadRecord(record, "impossible-value", "record timestamp is out of range");
    }
    const reading = this.#topology.source.read(record);
    if (reading.kind === "dead") return this.#deadRecord(record, reading.cause, reading.detail);
    for (let index = 0; index < reading.events.length; index++) {
      this.#versionUs = Math.max(this.#versionUs + 1, record.timestampMs * 1000);
      const context = { key: reading.key, record, index, versionUs: this.#versionUs };
      this.#processEvent(reading.events[index] as E, context);
    }
  }

  #deadRecord(record: LogRecord, cause: DeadLetterCause, detail: string): void {
    this.#counts.read += 1;
    this.#counts.deadLetters += 1;
    this.#sideOutputs.push(deadLetterRecord({ record }, cause, detail));
  }

  #processEvent(event: E, context: EventContext): void {
    this.#counts.read += 1;
    const { source, windows, maxFutureMs } = this.#topology;
    const fault = source.fault(event);
    if (fault !== undefined) return this.#deadEvent(context, "impossible-value", fault);
    const timeMs = source.timeOf(event);
    const aheadMs = timeMs - context.record.timestampMs;
    if (aheadMs > maxFutureMs) {
      return this.#deadEvent(context, "far-future", `event is ${aheadMs} ms ahead of its receipt`);
    }
    this.#eventRows.push(this.#topology.eventRow(event, context));
    const owner = this.#cache.key(context.key, timeMs);
    const startMs = windowStart(timeMs, windows.sizeMs);
    if (isClosed(startMs, owner.state.streamTimeMs, windows)) {
      return this.#late(event, context, startMs, owner.state.streamTimeMs);
    }
    this.#aggregate(event, context, owner, startMs);
    if (timeMs > owner.state.streamTimeMs) this.#advance(owner, timeMs, context);
  }

  #deadEvent({ record, index }: EventContext, cause: DeadLetterCause, detail: string): void {
    this.#counts.deadLetters += 1;
    this.#sideOutputs.push(deadLetterRecord({ record, index }, cause, detail));
  }

  #late(event: E, context: EventContext, startMs: number, streamTimeMs: number): void {
    this.#counts.late += 1;
    const { record, index } = context;
    this.#sideOutputs.push({
      topic: lateTopic(record.topic),
      partition: record.partition,
      timestampMs: record.timestampMs,
      key: record.key,
      value: this.#topology.source.write(event),
      headers: {
        ...originHeaders({ record, index }),
        cause: encodeText("window-closed"),
        "window-start": encodeText(String(startMs)),
        "window-end": encodeText(String(startMs + this.#topology.windows.sizeMs)),
        "stream-time": encodeText(String(streamTimeMs)),
      },
    });
  }

  #aggregate(event: E, context: EventContext, owner: CachedKey<A>, startMs: number): void {
    this.#counts.aggregated += 1;
    let window = this.#cache.window(owner, startMs);
    if (window === undefined) {
      window = this.#cache.openWindow(owner, startMs);
      insertSorted(owner.state.openWindows, startMs);
    }
    this.#topology.aggregator.add(window.state.aggregate, event);
    this.#stamp(owner, window, context);
  }

  #stamp(owner: CachedKey<A>, window: CachedWindow<A>, context: EventContext): void {
    window.state.versionUs = context.versionUs;
    window.state.receivedAtMs = context.record.timestampMs;
    window.dirty = true;
    this.#cache.touch(owner);
  }

  /** Moves the key's stream time and closes the windows that it leaves behind. */
  #advance(owner: CachedKey<A>, timeMs: number, context: EventContext): void {
    owner.state.streamTimeMs = timeMs;
    this.#cache.touch(owner);
    const { openWindows } = owner.state;
    let closed = 0;
    for (const startMs of openWindows) {
      if (!isClosed(startMs, timeMs, this.#topology.windows)) break;
      closed += 1;
      const window = this.#cache.window(owner, startMs);
      assert(window !== undefined, `open window of ${owner.key} is missing: ${startMs}`);
      window.state.final = true;
      this.#stamp(owner, window, context);
    }
    if (closed > 0) openWindows.splice(0, closed);
  }
}

/** Adds a number to an ascending list, nearly always at its end. */
function insertSorted(list: number[], value: number): void {
  let at = list.length;
  while (at > 0 && (list[at - 1] as number) > value) at--;
  list.splice(at, 0, value);
}

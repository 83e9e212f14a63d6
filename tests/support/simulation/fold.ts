import type { ItemCounts } from "../../../src/streams/item_counts.ts";
import { evenRevision, pairsWithinMs, unbearable } from "../counting_topology.ts";
import {
  type EventAt,
  keyText,
  type KeyTime,
  metaText,
  type ModelHorizon,
  newKeyTime,
  originOf,
  type RowVersion,
  takeIf,
  type Total,
  totalOf,
} from "./fold_texts.ts";
import { Combined } from "./combined.ts";
import { Factors } from "./factors.ts";
import type { Generation } from "./generation.ts";
import { History, type PieceName } from "./history.ts";
import { purgeKey } from "./horizon_ms.ts";
import { type ModelWindows, startsOf, windowMs } from "./model_windows.ts";
import { Pairs, partnersGoneMs } from "./pairs.ts";
import { type Remarks, remarksOf } from "./remarks.ts";
import { type ModelSession, SessionFold } from "./session_fold.ts";
import { SlidingFold } from "./sliding_fold.ts";
import type { ModelRules, RulesFrom } from "./model_rules.ts";
import type { InputEvent, InputRecord } from "./input.ts";

/** Each with those that it is merged from before it. */
const rollUpSizesMs = [20_000, 60_000];

/** Every change of the rules adds this much to the write times that follow. */
const changeUs = 1_000_000;

/**
 * The counting job for one partition by plain arithmetic: a fold that remembers what it was after
 * every record. It shares no code with the engine, and is what the engine is held against.
 */
export class Fold {
  readonly #partition: number;
  readonly #windows: ModelWindows;
  readonly #sizeMs: number;
  readonly #sizesMs: readonly number[];
  readonly #sessions: SessionFold | undefined;
  readonly #sliding: SlidingFold | undefined;
  /** Those to come, by offset. */
  readonly #changes: RulesFrom[];
  #rules: ModelRules;
  #addedUs: number;
  readonly #horizon: ModelHorizon = { timeMs: 0, expiredToMs: 0, events: 0, leastMs: 0 };
  readonly #horizons: (ModelHorizon & { readonly from: number })[] = [];
  readonly #history = new History();
  readonly #times = new Map<string, KeyTime>();
  readonly #totals = new Map<string, Total>();
  /** Side outputs in order, each with the input offset that it came from. */
  readonly late: { readonly offset: number; readonly text: string }[] = [];
  readonly deadLetters: { readonly offset: number; readonly text: string }[] = [];
  /** Every row that may ever be written, by its key and its write time. */
  readonly rows: Map<string, Map<number, RowVersion>> = new Map();
  readonly #factors = new Factors(this.#history);
  /** For a job with a processor. */
  readonly remarks: Remarks | Pairs | undefined;
  /** For a job that joins tables. */
  readonly combined: Combined | undefined;
  #versionUs: number;
  #wholeFromMs: number | null;
  readonly #counts = { read: 0, aggregated: 0, late: 0, deadLetters: 0, duplicates: 0, rekeyed: 0 };
  /** Greatest of each producer that names itself; what it repeats of a cut beginning is below it. */
  readonly #sequences = new Map<string, number>();

  /** @param changes At least the first rules, ascending. */
  constructor(
    partition: number,
    windows: ModelWindows,
    generation: Generation,
    changes: readonly RulesFrom[],
  ) {
    this.#partition = partition;
    this.#versionUs = generation.versionUs;
    this.#addedUs = generation.changes * changeUs;
    this.#wholeFromMs = generation.wholeFromMs;
    this.#windows = windows;
    this.#sizeMs = windows.gapMs ?? windowMs;
    this.#sizesMs = windows.rollUps ? rollUpSizesMs : [];
    this.#sessions = windows.gapMs === undefined ? undefined : new SessionFold(windows.gapMs);
    this.#sliding = windows.slides === true ? new SlidingFold(windows.advanceMs) : undefined;
    this.remarks = remarksOf(windows, this.#history);
    const { combines } = windows;
    this.combined = combines === undefined ? undefined : new Combined(this.#history, combines);
    this.#changes = changes.slice(1);
    this.#rules = (changes[0] as RulesFrom).rules;
  }

  /** No rows are made of windows before; unknown until the first record says. */
  get wholeFromMs(): number | null {
    return this.#wholeFromMs;
  }

  get counts(): Readonly<ItemCounts> {
    return this.#counts;
  }

  /** Adds the next record of the partition. */
  add(offset: number, record: InputRecord): void {
    this.#change(offset);
    this.#move(record);
    if (this.#isRepeated(record)) this.#repeated(record);
    else if (record.timestampMs < 0) this.#dead(offset, "", record, "impossible-value");
    else if (record.events !== undefined) {
      record.events.forEach((event, index) => this.#event(event, offset, index, record));
    } else if (this.combined !== undefined) this.#combine(this.combined, offset, record);
    else if (!this.#factors.take(offset, record)) this.#dead(offset, "", record, "malformed");
    const { timeMs } = this.remarks ?? {};
    const text = metaText(this.#versionUs, this.#counts, this.#horizon, timeMs);
    this.#history.remember("meta", offset, text);
    this.#horizons.push({ from: offset, ...this.#horizon });
  }

  /** The state behind all records with smaller offsets. */
  stateAt(inputOffset: number): Map<PieceName, string> {
    return this.#history.stateAt(inputOffset, this.#sizesMs);
  }

  /** The horizon behind all records with smaller offsets. */
  horizonAt(inputOffset: number): Readonly<ModelHorizon> {
    return this.#horizons.findLast(({ from }) => from < inputOffset) ??
      { timeMs: 0, expiredToMs: 0, events: 0, leastMs: 0 };
  }

  #isRepeated({ sent, topic }: InputRecord): boolean {
    if (sent === undefined) return false;
    const { sequence } = sent;
    const producerId = `${topic ?? ""} ${sent.producerId}`;
    const isRepeated = sequence <= (this.#sequences.get(producerId) ?? 0);
    if (!isRepeated) this.#sequences.set(producerId, sequence);
    return isRepeated;
  }

  #repeated({ events, wrongKey }: InputRecord): void {
    const items = wrongKey ?? events?.length ?? 1;
    this.#counts.read += items;
    this.#counts.duplicates += items;
  }

  #change(offset: number): void {
    while ((this.#changes[0]?.offset ?? Infinity) <= offset) {
      this.#rules = (this.#changes.shift() as RulesFrom).rules;
      this.#addedUs += changeUs;
    }
  }

  /** Every record with a time moves the write times, whatever comes of it. */
  #move({ timestampMs }: InputRecord): void {
    if (timestampMs < 0) return;
    this.#versionUs = Math.max(this.#versionUs, timestampMs * 1000 - 1);
    const { maxFutureMs, graceMs } = this.#rules;
    const cutToMs = timestampMs + maxFutureMs + graceMs + 1 + (this.#windows.gapMs ?? 0);
    this.#wholeFromMs ??= this.#windows.unwindowed ? 0 : cutToMs;
  }

  #event(event: InputEvent, offset: number, index: number, record: InputRecord): void {
    const { timeMs, value, key } = event;
    this.#versionUs += 1;
    if (value === null) return this.#dead(offset, index, record, "impossible-value");
    if (timeMs - record.timestampMs > this.#rules.maxFutureMs) {
      return this.#dead(offset, index, record, "far-future");
    }
    const receivedAtMs = record.timestampMs;
    this.remarks?.moveTo(timeMs, offset, receivedAtMs);
    if (this.remarks instanceof Pairs) {
      this.remarks.take({ key, timeMs, value, receivedAtMs, topic: record.topic }, offset);
      this.#counts.read += 1;
      const isLate = partnersGoneMs(timeMs) <= this.remarks.timeMs;
      this.#counts[isLate ? "late" : "aggregated"] += 1;
      if (!isLate) return;
      const startMs = Math.max(0, timeMs - pairsWithinMs.differenceMs);
      this.late.push({ offset, text: `${originOf(record, offset, index)} ${startMs}` });
      return;
    }
    this.#pass(timeMs);
    const time = this.#timeOf(key);
    const starts = startsOf(this.#windows, timeMs);
    const isNew = this.#times.get(key) !== time;
    const inside = !isNew &&
      this.#sessions?.of(key).some(({ startMs, lastMs }) => startMs <= timeMs && timeMs <= lastMs);
    const open = starts.filter((start) => start >= time.closedToMs || inside === true);
    const rowId = record.names?.row(index) ?? `${this.#partition}/${offset}/${index}`;
    this.#row(rowId, String(this.#isCounted(value) ? value : -value), offset);
    if (open.length > 0 && value === unbearable) {
      return this.#dead(offset, index, record, "processing-error");
    }
    const joined = this.#factors.joined(key, value);
    this.remarks?.take({ key, timeMs, value: joined, receivedAtMs }, offset);
    this.#counts.read += 1;
    this.#counts[open.length > 0 ? "aggregated" : "late"] += 1;
    for (const start of starts) {
      if (open.includes(start)) continue;
      this.late.push({ offset, text: `${originOf(record, offset, index)} ${start}` });
    }
    if (open.length === 0) return;
    this.#times.set(key, time);
    const at = { key, timestampMs: record.timestampMs };
    if (isNew) (this.#sessions ?? this.#sliding)?.forget(key);
    if (this.#sessions !== undefined) this.#join(this.#sessions, at, timeMs, joined, offset);
    else if (this.#sliding !== undefined) {
      this.#slide(this.#sliding, at, time, timeMs, joined, offset);
    } else for (const start of open) this.#count(at, time, start, joined, offset);
    const closed = this.#advance(at, time, timeMs, offset);
    this.#rollUp(at, time, [...open, ...closed], offset);
    if (!this.#windows.unwindowed) purgeKey(key, time, this.#rules, this.#lengthsMs);
    if (this.#sessions !== undefined) {
      time.open = new Set(this.#sessions.of(key).map(({ startMs }) => startMs));
    }
    this.#history.remember(`key ${key}`, offset, keyText(time));
  }

  #combine(combined: Combined, offset: number, record: InputRecord): void {
    const outcome = combined.take(offset, record);
    if (outcome === "unread") return this.#dead(offset, "", record, "malformed");
    this.#versionUs += 1;
    if (outcome === "nothing") return;
    if (outcome === "fault") return this.#dead(offset, 0, record, "processing-error");
    this.#counts.read += 1;
    this.#counts.aggregated += 1;
  }

  /** Moves the partition's time once a run of events lies beyond it. */
  #pass(timeMs: number): void {
    const horizon = this.#horizon;
    const { agreeingEvents, retentionMs, rollUpRetentionMs } = this.#rules;
    horizon.leastMs = horizon.events === 0 ? timeMs : Math.min(horizon.leastMs, timeMs);
    horizon.events += 1;
    if (horizon.events < agreeingEvents) return;
    horizon.events = 0;
    horizon.timeMs = Math.max(horizon.timeMs, horizon.leastMs);
    if (this.#windows.unwindowed) return;
    const outlivedMs = horizon.timeMs - Math.max(retentionMs, rollUpRetentionMs);
    const stepMs = this.#sizesMs.at(-1) ?? this.#windows.advanceMs;
    horizon.expiredToMs = Math.max(horizon.expiredToMs, outlivedMs - outlivedMs % stepMs);
  }

  /** That of a key that has expired is as that of one that was never there. */
  #timeOf(key: string): KeyTime {
    const { expiredToMs } = this.#horizon;
    const time = this.#times.get(key);
    if (time !== undefined && time.streamTimeMs >= expiredToMs) return time;
    return newKeyTime(expiredToMs, this.#lengthsMs);
  }

  get #lengthsMs(): readonly number[] {
    return [this.#sizeMs, ...this.#sizesMs];
  }

  #join(sessions: SessionFold, at: EventAt, timeMs: number, value: number, offset: number): void {
    const [count, sum] = this.#isCounted(value) ? [1, value] : [0, 0];
    const { made, gone } = sessions.add(at.key, { timeMs, count, sum });
    for (const one of gone) this.#session(at, one, offset, { final: true, withdrawn: true });
    this.#session(at, made, offset, { final: false, withdrawn: false });
  }

  #slide(
    sliding: SlidingFold,
    at: EventAt,
    time: KeyTime,
    timeMs: number,
    value: number,
    offset: number,
  ): void {
    const [count, sum] = this.#isCounted(value) ? [1, value] : [0, 0];
    for (const [start, total] of sliding.add(at.key, { timeMs, count, sum }, time.open)) {
      this.#totals.set(`window ${at.key} ${start}`, total);
      time.open.add(start);
      this.#window(at, start, offset, { final: false });
    }
  }

  #session(
    { key, timestampMs }: EventAt,
    { startMs, lastMs, count, sum }: ModelSession,
    offset: number,
    { final, withdrawn }: { readonly final: boolean; readonly withdrawn: boolean },
  ): void {
    const [spanMs, endMs] = [lastMs - startMs, lastMs + this.#sizeMs];
    const text =
      `${count} ${sum} ${final} ${this.#writeTimeUs} ${timestampMs} ${spanMs} ${withdrawn}`;
    this.#history.remember(`window ${key} ${startMs}`, offset, text);
    this.#result(
      `${key}@${startMs}`,
      startMs,
      `${count} ${sum} ${final} ${endMs} ${withdrawn}`,
      offset,
    );
  }

  #count(
    record: EventAt,
    time: KeyTime,
    start: number,
    value: number,
    offset: number,
  ): void {
    const name = `window ${record.key} ${start}`;
    const total = this.#totals.get(name) ?? { count: 0, sum: 0 };
    if (this.#isCounted(value)) {
      total.count += 1;
      total.sum += value;
    }
    this.#totals.set(name, total);
    time.open.add(start);
    this.#window(record, start, offset, { final: false });
  }

  /** Moves the key's time and closes what it leaves behind; returns the starts of that. */
  #advance(record: EventAt, time: KeyTime, timeMs: number, offset: number): number[] {
    if (timeMs <= time.streamTimeMs) return [];
    time.streamTimeMs = timeMs;
    if (this.#windows.unwindowed) return [];
    const { graceMs } = this.#rules;
    if (this.#sessions !== undefined) {
      time.closedToMs = Math.max(time.closedToMs, timeMs - this.#sizeMs - graceMs + 1);
      for (const one of this.#sessions.close(record.key, time.closedToMs)) {
        this.#session(record, one, offset, { final: true, withdrawn: false });
      }
      return [];
    }
    const { advanceMs } = this.#windows;
    const openMs = Math.floor((timeMs - windowMs - graceMs) / advanceMs) * advanceMs + advanceMs;
    time.closedToMs = Math.max(time.closedToMs, openMs);
    const closed = takeIf(time.open, (start) => start < time.closedToMs);
    for (const start of closed) this.#window(record, start, offset, { final: true });
    return closed;
  }

  /** Adds up the windows that make each roll-up of a changed window, and each that closes. */
  #rollUp(
    record: EventAt,
    { closedToMs, openRollUps }: KeyTime,
    changed: readonly number[],
    offset: number,
  ): void {
    let parts = changed;
    for (const [index, lengthMs] of this.#sizesMs.entries()) {
      const open = openRollUps[index] as Set<number>;
      const touched = parts.map((start) => Math.floor(start / lengthMs) * lengthMs);
      for (const start of touched) open.add(start);
      const closed = new Set(takeIf(open, (start) => start + lengthMs <= closedToMs));
      parts = [...new Set([...touched, ...closed])];
      for (const start of parts) {
        const { count, sum } = totalOf(this.#totals, record.key, [start, start + lengthMs]);
        const text = `${count} ${sum} ${closed.has(start)}`;
        const place = `${text} ${this.#writeTimeUs} ${record.timestampMs}`;
        this.#history.remember(`roll-up/${lengthMs} ${record.key} ${start}`, offset, place);
        this.#result(`${record.key}@${start}/${lengthMs}`, start, text, offset);
      }
    }
  }

  #window(
    { key, timestampMs }: EventAt,
    start: number,
    offset: number,
    { final }: { readonly final: boolean },
  ): void {
    const name = `window ${key} ${start}`;
    const { count, sum } = this.#totals.get(name) as Total;
    this.#history.remember(
      name,
      offset,
      `${count} ${sum} ${final} ${this.#writeTimeUs} ${timestampMs}`,
    );
    this.#result(`${key}@${start}`, start, `${count} ${sum} ${final}`, offset);
  }

  get #writeTimeUs(): number {
    return this.#versionUs + this.#addedUs;
  }

  #isCounted(value: number): boolean {
    return this.#rules.revision !== evenRevision || value % 2 === 0;
  }

  #dead(offset: number, index: number | "", record: InputRecord, cause: string): void {
    this.#counts.read += 1;
    this.#counts.deadLetters += 1;
    this.deadLetters.push({ offset, text: `${originOf(record, offset, index)} ${cause}` });
  }

  #result(key: string, startMs: number, text: string, offset: number): void {
    if (startMs >= (this.#wholeFromMs ?? Infinity)) this.#row(key, text, offset);
  }

  #row(key: string, text: string, offset: number): void {
    const versions = this.rows.get(key) ?? new Map<number, RowVersion>();
    versions.set(this.#writeTimeUs, { text, offset });
    this.rows.set(key, versions);
  }
}

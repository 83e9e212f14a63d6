import { assert } from "../../base/assert.ts";
import { PipelineError } from "../../base/errors.ts";
import { murmur2 } from "../partitioner.ts";
import { encodeText } from "../text.ts";
import type { Codec } from "./codec.ts";
import { json } from "./codecs.ts";
import type { Aggregator } from "./topology.ts";

/**
 * One field of an aggregate: what it keeps of events, how it is merged and written, and what is
 * shown of it. Made by `count`, `sum`, `min`, `max`, `mean`, `first`, `last`, `countDistinct` or
 * `fold`.
 *
 * @typeParam E Event.
 * @typeParam V What is shown.
 * @see Java's Collector, which has the same parts; Kafka Streams has Aggregator and Merger alone.
 */
export interface Fold<E, V> {
  /** What kind it is, by which a state is known that another one wrote. */
  readonly form: string;
  /** What it keeps of no events. */
  initial(): unknown;
  /** Adds an event; what it returns may be what it was given, changed in place. */
  add(kept: unknown, event: E): unknown;
  /** Adds what another one keeps, of later windows; as `RollUps.merge`. */
  merge(into: unknown, from: unknown): unknown;
  /** What is shown of at least one event. */
  value(kept: unknown): V;
  /** How what is kept is written. */
  readonly codec: Codec<unknown>;
}

/** Fields of an aggregate by name, for events of one type. */
export type Folds<E> = Readonly<Record<string, Fold<E, unknown>>>;

/** What is shown of the fields of an aggregate. */
export type FoldValues<F extends Folds<never>> = {
  readonly [K in keyof F]: F[K] extends Fold<never, infer V> ? V : never;
};

/** The parts of a field, with the type of what it keeps. */
export interface FoldParts<E, S, V> {
  /** See `Fold`. */
  readonly form: string;
  /** See `Fold`. */
  initial(): S;
  /** See `Fold`. */
  add(kept: S, event: E): S;
  /** See `Fold`. */
  merge(into: S, from: S): S;
  /** See `Fold`. */
  value(kept: S): V;
  /** See `Fold`; JSON without it. */
  readonly codec?: Codec<S>;
}

/** A field of a kind of its own. */
export function fold<E, S, V>(parts: FoldParts<E, S, V>): Fold<E, V> {
  return { ...parts, codec: parts.codec ?? json<S>() };
}

/** How many events there were. */
export function count(): Fold<unknown, number> {
  return fold<unknown, number, number>({
    ...adding("count"),
    add: (kept) => kept + 1,
  });
}

/** The sum of a number; throws, to `onProcessingError`, where it is not finite. */
export function sum<E>(of: (event: E) => number): Fold<E, number> {
  return fold<E, number, number>({
    ...adding("sum"),
    add: (kept, event) => kept + finite(of(event)),
  });
}

function adding(form: string): Omit<FoldParts<unknown, number, number>, "add"> {
  return {
    form,
    initial: () => 0,
    merge: (into, from) => into + from,
    value: (kept) => kept,
    codec: numbers,
  };
}

/** The least of a number; throws, to `onProcessingError`, where it is not finite. */
export function min<E>(of: (event: E) => number): Fold<E, number> {
  return extreme("min", Infinity, Math.min, of);
}

/** The greatest of a number; throws, to `onProcessingError`, where it is not finite. */
export function max<E>(of: (event: E) => number): Fold<E, number> {
  return extreme("max", -Infinity, Math.max, of);
}

function extreme<E>(
  form: string,
  none: number,
  choose: (a: number, b: number) => number,
  of: (event: E) => number,
): Fold<E, number> {
  return fold<E, number, number>({
    form,
    initial: () => none,
    add: (kept, event) => choose(kept, finite(of(event))),
    merge: choose,
    value: (kept) => kept,
    codec: numbers,
  });
}

/** The arithmetic mean of a number: its sum and count are kept, and divided where it is shown. */
export function mean<E>(of: (event: E) => number): Fold<E, number> {
  return fold<E, [sum: number, count: number], number>({
    form: "mean",
    initial: () => [0, 0],
    add(kept, event) {
      kept[0] += finite(of(event));
      kept[1] += 1;
      return kept;
    },
    merge(into, from) {
      into[0] += from[0];
      into[1] += from[1];
      return into;
    },
    value: ([sum, count]) => sum / count,
    codec: {
      encode: ([sum, count]) => float64s(sum, count),
      decode: (bytes) => [float64At(bytes, 0, 2), float64At(bytes, 1, 2)],
    },
  });
}

/** Which value counts as the first or last, and how it is written. */
export interface PlacedOptions<E, V> {
  /**
   * When an event happened: of equal ones the first to arrive counts as the earlier. Without it
   * values are ordered as they arrive, in merged windows by their windows before.
   */
  readonly at?: (event: E) => number;
  /** How the value is written; JSON without it. */
  readonly codec?: Codec<V>;
}

/** The value of the first event. */
export function first<E, V>(of: (event: E) => V, options?: PlacedOptions<E, V>): Fold<E, V> {
  return placed("first", (kept, next) => next.at < kept.at, of, options);
}

/** The value of the last event. */
export function last<E, V>(of: (event: E) => V, options?: PlacedOptions<E, V>): Fold<E, V> {
  return placed("last", (kept, next) => next.at >= kept.at, of, options);
}

interface Placed<V> {
  readonly at: number;
  readonly value: V;
}

function placed<E, V>(
  form: string,
  replaces: (kept: Placed<V>, next: Placed<V>) => boolean,
  of: (event: E) => V,
  { at = () => 0, codec = json() }: PlacedOptions<E, V> = {},
): Fold<E, V> {
  const chosen = (kept: Placed<V> | undefined, next: Placed<V>) =>
    kept === undefined || replaces(kept, next) ? next : kept;
  return fold<E, Placed<V> | undefined, V>({
    form,
    initial: () => undefined,
    add: (kept, event) => chosen(kept, { at: finite(at(event)), value: of(event) }),
    merge: (into, from) => from === undefined ? into : chosen(into, from),
    value(kept) {
      assert(kept !== undefined, "a row begins with an event");
      return kept.value;
    },
    codec: {
      encode: (kept) =>
        kept === undefined ? nothing : joined([float64s(kept.at), codec.encode(kept.value)]),
      decode(bytes) {
        if (bytes.length === 0) return undefined;
        const [at, value] = partsOf(bytes, 2);
        return { at: float64At(at, 0, 1), value: codec.decode(value) };
      },
    },
  });
}

/**
 * How many different texts there were: exact below `upTo`, which itself means as many or more. A row
 * keeps them all, so the bound is that of its size.
 */
export function countDistinct<E>(
  of: (event: E) => string,
  { upTo }: { readonly upTo: number },
): Fold<E, number> {
  assert(Number.isSafeInteger(upTo) && upTo > 0, `upTo must be a whole number > 0: ${upTo}`);
  const put = (kept: Set<string>, text: string) => {
    if (kept.size < upTo) kept.add(text);
  };
  return fold<E, Set<string>, number>({
    form: `count-distinct/${upTo}`,
    initial: () => new Set(),
    add(kept, event) {
      put(kept, of(event));
      return kept;
    },
    merge(into, from) {
      for (const text of from) put(into, text);
      return into;
    },
    value: ({ size }) => size,
    codec: {
      encode: (kept) => texts.encode([...kept]),
      decode: (bytes) => new Set(texts.decode(bytes)),
    },
  });
}

const texts = json<readonly string[]>(isTexts);

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new RangeError(`a number to fold must be finite: ${value}`);
}

/** An aggregate of several fields. */
export interface FoldedAggregate<E, A> extends Aggregator<E, A> {
  /** See `Fold`. */
  merge(into: A, from: A): A;
  /** What is shown of it. */
  view(kept: A): A;
  /** A mark of the fields, then a block of each in the order of their names. */
  readonly codec: Codec<A>;
}

/**
 * The aggregate that has these fields. It is an array of what they keep, and shown as an object:
 * jobs, queries and outputs see the latter alone, so that it is given that type.
 */
export function folded<E, F extends Folds<E>>(fields: F): FoldedAggregate<E, FoldValues<F>> {
  const names = Object.keys(fields).sort();
  assert(names.length > 0, "an aggregate must have a field");
  const folds = names.map((name) => fields[name] as Fold<E, unknown>);
  const mark = markOf(names.map((name, index) => [name, folds[index]?.form]));
  const aggregate: FoldedAggregate<E, unknown[]> = {
    initial: () => folds.map((one) => one.initial()),
    add(kept, event) {
      let at = 0;
      for (const one of folds) {
        kept[at] = one.add(kept[at], event);
        at++;
      }
      return kept;
    },
    merge(into, from) {
      let at = 0;
      for (const one of folds) {
        into[at] = one.merge(into[at], from[at]);
        at++;
      }
      return into;
    },
    view: (kept) =>
      Object.fromEntries(
        names.map((name, i) => [name, folds[i]?.value(kept[i])]),
      ) as unknown as unknown[],
    codec: {
      encode: (kept) => joined([mark, ...folds.map(({ codec }, i) => codec.encode(kept[i]))]),
      decode(bytes) {
        const [found, ...blocks] = partsOf(bytes, folds.length + 1);
        if (!isSame(found, mark)) throw malformed("it has other fields");
        return folds.map(({ codec }, i) => codec.decode(blocks[i] as Uint8Array));
      },
    },
  };
  return aggregate as unknown as FoldedAggregate<E, FoldValues<F>>;
}

function markOf(fields: readonly (readonly [name: string, form: string | undefined])[]) {
  const mark = new Uint8Array(4);
  new DataView(mark.buffer).setInt32(0, murmur2(encodeText(JSON.stringify(fields))));
  return mark;
}

/** Byte by byte: what a store returns may be a `Buffer`, whose text is another one. */
function isSame(found: Uint8Array, mark: Uint8Array): boolean {
  return found.length === mark.length && found.every((byte, at) => byte === mark[at]);
}

const nothing = new Uint8Array(0);

/** Blocks behind one another, all but the last with their length before them. */
function joined(blocks: readonly Uint8Array[]): Uint8Array {
  const lengths = blocks.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(lengths + 4 * (blocks.length - 1));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [index, block] of blocks.entries()) {
    if (index < blocks.length - 1) {
      view.setUint32(at, block.length);
      at += 4;
    }
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

type Parts<N extends number> = N extends 2 ? [Uint8Array, Uint8Array]
  : [Uint8Array, ...Uint8Array[]];

function partsOf<N extends number>(bytes: Uint8Array, count: N): Parts<N> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let at = 0;
  while (parts.length < count - 1) {
    if (at + 4 > bytes.length) throw malformed("it ends too early");
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) throw malformed("it ends too early");
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  parts.push(bytes.subarray(at));
  return parts as Parts<N>;
}

/** All numbers to the last bit, also those that JSON has no text for. */
const numbers: Codec<number> = {
  encode: (value) => float64s(value),
  decode: (bytes) => float64At(bytes, 0, 1),
};

function float64s(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setFloat64(8 * index, value));
  return bytes;
}

function float64At(bytes: Uint8Array, index: number, count: number): number {
  if (bytes.length !== 8 * count) throw malformed("a number of it is not whole");
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(8 * index);
}

function malformed(detail: string): PipelineError {
  return new PipelineError("RECORD_MALFORMED", `Cannot read an aggregate as ${detail}`);
}

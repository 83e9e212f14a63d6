import { assert } from "../../base/assert.ts";
import { keyedStream } from "./keyed_steps.ts";
import type { KeyedStream } from "./keyed_stream.ts";
import type { Codec, WithValue } from "./codec.ts";
import type { LogRecord } from "../record.ts";
import {
  decodedBy,
  keyedSource,
  type KeyOptions,
  type Outcome,
  Rejection,
  type StreamPlan,
  unkeyedSource,
} from "./keyed_source.ts";
import type { Fault } from "./topology.ts";
import { eventsAlone, type Values, type ValuesPlan } from "./values.ts";

/** How the values of a topic are read. */
export interface StreamCodec<T> extends Pick<Codec<T>, "decode"> {
  /** Fetches what `decode` needs for these values, such as writers' schemas; tried until it works. */
  prepare?(records: readonly WithValue[]): Promise<void>;
}

/**
 * The values of a topic on their way to their keys. What a step throws is the business of
 * `onProcessingError`; what `filter` and `flatMap` leave out is counted nowhere.
 */
export interface Stream<T> extends TimedStream<T> {
  /**
   * Makes another value of each.
   *
   * @param f May read key, headers and time of the record that the value is from.
   */
  map<U>(f: (value: T, record: LogRecord) => U): Stream<U>;
  /** Continues with each of what a value holds. */
  flatMap<U>(f: (value: T, record: LogRecord) => readonly U[]): Stream<U>;
  /** Leaves out values that are not to be kept. */
  filter(keep: (value: T) => boolean): Stream<T>;
  /** See `TimedStream`. */
  peek(look: (value: T) => void): Stream<T>;
  /** See `TimedStream`. */
  reject(why: (value: T) => string | Fault | undefined): Stream<T>;
  /**
   * When it happened, epoch ms; without this step it is the record's timestamp. Comes when values
   * are what they will be: `map` and `flatMap` make other ones.
   */
  timestamp(timeOf: (value: T) => number): TimedStream<T>;
}

/**
 * Values of which it is known when they happened. A job that writes them to a topic as they are
 * keeps each in its partition, with the key of its record.
 */
export interface TimedStream<T> extends Values<T, T> {
  /** Leaves out values that are not to be kept. */
  filter(keep: (value: T) => boolean): TimedStream<T>;
  /** Looks at every value; at one that is read again, again. */
  peek(look: (value: T) => void): TimedStream<T>;
  /** Makes dead letters of values, with the cause that `why` gives. */
  reject(why: (value: T) => string | Fault | undefined): TimedStream<T>;
  /**
   * Gives values a key. Those that lie elsewhere than their key go through the repartition topic.
   *
   * @see Kafka Streams KStream#groupBy
   */
  keyBy(keyOf: (value: T) => string, options?: KeyOptions<T>): KeyedStream<T>;
  /**
   * Values of the record's key (UTF-8), which must lie where Kafka's own partitioner puts it.
   *
   * @see Kafka Streams KStream#groupByKey
   */
  groupByKey(): KeyedStream<T>;
}

/**
 * The values of a topic: the beginning of a job.
 *
 * @example
 * ```ts ignore
 * const words = stream("lines", text())
 *   .flatMap((line) => line.toLowerCase().match(/\p{L}+/gu) ?? [])
 *   .keyBy((word) => word)
 *   .count("words");
 * export const wordCount = job("word-count").to("counts", words);
 * ```
 * @see Kafka Streams StreamsBuilder#stream
 */
export function stream<T>(topic: string, codec: StreamCodec<T>): Stream<T> {
  return new Steps({
    topic,
    more: [],
    prepare: async (records) => await codec.prepare?.(records),
    read: (_record, value) => [decodedBy(codec, value)],
    fault: undefined,
    timeOf: undefined,
  });
}

/**
 * The values of several streams as one: a task reads the same partition of each of their topics,
 * which must have as many partitions as the others. Late values and dead letters of all go to the
 * topics that are named after the first.
 *
 * Values are taken in the order of their records' timestamps as far as records are there; see
 * `maxIdle` of `JobOptions`.
 *
 * @throws {InvariantError} If two streams read the same topic.
 * @see Kafka Streams KStream#merge; differs: in the order of time, not of arrival
 */
export function merge<T>(first: Stream<T>, ...others: readonly Stream<T>[]): Stream<T> {
  return Steps.merged([first, ...others]);
}

class Steps<T> implements Stream<T> {
  readonly #plan: StreamPlan<T>;
  #values: ValuesPlan<T, T> | undefined;

  constructor(plan: StreamPlan<T>) {
    this.#plan = plan;
  }

  static merged<T>(streams: readonly Stream<T>[]): Steps<T> {
    const plans = streams.map((one) => {
      assert(one instanceof Steps, "streams to be merged must be made by stream()");
      return one.#judged() as StreamPlan<T>;
    });
    const topics = plans.flatMap(({ topic, more }) => [topic, ...more]);
    const [topic = "", ...more] = topics;
    assert(
      new Set(topics).size === topics.length,
      `streams must be of different topics: ${topics}`,
    );
    const byTopic = new Map(
      plans.flatMap((plan) => [plan.topic, ...plan.more].map((name) => [name, plan] as const)),
    );
    const planOf = (record: LogRecord) => byTopic.get(record.topic) ?? plans[0] as StreamPlan<T>;
    return new Steps({
      topic,
      more,
      async prepare(records) {
        for (const [plan, its] of Map.groupBy(records, planOf)) await plan.prepare(its);
      },
      read: (record, value) => planOf(record).read(record, value),
      rejects: plans.some(({ rejects }) => rejects),
      fault: undefined,
      timeOf: undefined,
    });
  }

  map<U>(f: (value: T, record: LogRecord) => U): Steps<U> {
    return this.flatMap((value, record) => [f(value, record)]);
  }

  flatMap<U>(f: (value: T, record: LogRecord) => readonly U[]): Steps<U> {
    const plan = this.#judged();
    return new Steps<U>({
      ...plan,
      read(record, value) {
        const values = plan.read(record, value);
        const [first] = values;
        return values.length === 1 && !(first instanceof Rejection)
          ? f(first as T, record)
          : values.flatMap<Outcome<U>>((one) => one instanceof Rejection ? one : f(one, record));
      },
      fault: undefined,
      timeOf: undefined,
    });
  }

  filter(keep: (value: T) => boolean): Steps<T> {
    const plan = this.#judged();
    const isKept = (value: Outcome<T>) => value instanceof Rejection || keep(value);
    const read = (record: LogRecord, value: Uint8Array) => plan.read(record, value).filter(isKept);
    return new Steps({ ...plan, read });
  }

  peek(look: (value: T) => void): Steps<T> {
    return this.filter((value) => {
      look(value);
      return true;
    });
  }

  reject(why: (value: T) => string | Fault | undefined): Steps<T> {
    const { fault: before } = this.#plan;
    const fault = before === undefined
      ? (value: T) => asFault(why(value))
      : (value: T) => before(value) ?? asFault(why(value));
    return new Steps({ ...this.#plan, fault });
  }

  timestamp(timeOf: (value: T) => number): Steps<T> {
    return new Steps({ ...this.#plan, timeOf });
  }

  keyBy(keyOf: (value: T) => string, options: KeyOptions<T> = {}): KeyedStream<T> {
    const repartition = options.repartition ?? true;
    return keyedStream({ source: keyedSource(this.#plan, keyOf, options), repartition });
  }

  groupByKey(): KeyedStream<T> {
    return keyedStream({ source: keyedSource(this.#plan, undefined, {}), repartition: false });
  }

  /** See `Values`. */
  get values(): ValuesPlan<T, T> {
    return this.#values ??= {
      source: unkeyedSource(this.#plan),
      repartition: false,
      tables: [],
      globals: [],
      processors: [],
      steps: eventsAlone,
      keyOf: (_context, { key }) => key,
    };
  }

  /** The same, with what was rejected so far taken out of what the next step gets. */
  #judged(): StreamPlan<T> {
    const { fault, read } = this.#plan;
    if (fault === undefined) return this.#plan;
    const judged = (value: Outcome<T>) => {
      const found = value instanceof Rejection ? undefined : fault(value);
      return found === undefined ? value : new Rejection(found);
    };
    return {
      ...this.#plan,
      read: (record, value) => read(record, value).map(judged),
      rejects: true,
      fault: undefined,
    };
  }
}

function asFault(why: string | Fault | undefined): Fault | undefined {
  return typeof why === "string" ? { cause: "impossible-value", detail: why } : why;
}

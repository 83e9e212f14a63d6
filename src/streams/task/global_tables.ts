import { retrying, unlessAborted } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import { isAborted, PipelineError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Random } from "../../base/random.ts";
import { RateLimitedLines } from "../../base/rate_limited_lines.ts";
import type { RecordLog } from "../ports.ts";
import type { LogRecord, Offset, TopicPartition } from "../record.ts";
import type { GlobalValues } from "../state/key_values.ts";
import { decodeText } from "../text.ts";
import type { GlobalTable } from "../topology/global_table.ts";
import { decodedBy, Rejection } from "../topology/keyed_source.ts";

const retryPolicy = { baseMs: 200, maxMs: 5_000 };

/** Pause between two looks at a topic, ms: partitions that were added are read within a minute. */
const lookEveryMs = 30_000;

/** What an entry takes beside the bytes of its key and value, about. */
const entryBytes = 100;

/** What the tables are read with. */
export interface GlobalTablePorts {
  readonly log: Pick<RecordLog, "describe" | "bounds" | "open">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * The global tables of an application's instance, for all of its tasks.
 *
 * Owner: the `StreamsApp`, for as long as it takes part in the group.
 */
export class GlobalTables implements GlobalValues, AsyncDisposable {
  readonly #copies: ReadonlyMap<string, GlobalCopy>;
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>;

  /** Begins to read. */
  constructor(ports: GlobalTablePorts, tables: readonly GlobalTable<unknown>[]) {
    this.#copies = new Map(tables.map((table) => [table.topic, new GlobalCopy(ports, table)]));
    this.#ended = Promise.all(this.#copies.values().map((copy) => copy.run(this.#stop.signal)));
  }

  /** See `GlobalValues`. */
  async ready(signal: AbortSignal): Promise<void> {
    const all = this.#copies.values().map(({ ready }) => ready);
    await unlessAborted(Promise.all(all), signal, "global tables");
  }

  /** See `GlobalValues`. */
  bytesOf(topic: string, key: string): Uint8Array | undefined {
    return this.#copies.get(topic)?.bytesOf(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}

/** What was read of a topic, and how much it is. */
class Values {
  readonly byKey: Map<string, Uint8Array> = new Map();
  bytes = 0;

  set(key: string, value: Uint8Array | null): void {
    const before = this.byKey.get(key);
    if (before !== undefined) this.bytes -= sizeOf(key, before);
    if (value === null) {
      this.byKey.delete(key);
      return;
    }
    this.byKey.set(key, value);
    this.bytes += sizeOf(key, value);
  }
}

function sizeOf(key: string, value: Uint8Array): number {
  return entryBytes + 2 * key.length + value.length;
}

/** One table. Where its topic is another one, or was cut, it is read from the beginning again. */
class GlobalCopy {
  readonly #ports: GlobalTablePorts;
  readonly #table: GlobalTable<unknown>;
  readonly #lines: RateLimitedLines;
  readonly #ready = Promise.withResolvers<void>();
  #values = new Values();
  #failure: { readonly error: unknown } | undefined;

  constructor(ports: GlobalTablePorts, table: GlobalTable<unknown>) {
    this.#ports = ports;
    this.#table = table;
    this.#lines = new RateLimitedLines(ports.logger, ports.clock);
    this.#ready.promise.catch(() => {}); // there may be no task that waits
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  bytesOf(key: string): Uint8Array | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#values.byKey.get(key);
  }

  /** Reads until the signal fires; does not throw. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) await this.#follow(signal);
    } catch (error) {
      if (!isAborted(error)) this.#failure = { error };
      this.#ready.reject(error);
    }
  }

  /** Reads from the beginning; returns when that has to be done again. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { topic } = this.#table;
    const { log } = this.#ports;
    const about = await this.#trying(() => log.describe(topic), signal);
    const places = Array.from(
      { length: about.partitions },
      (_, partition): TopicPartition => ({ topic, partition }),
    );
    const values = new Values();
    const round = new AbortController();
    const until = AbortSignal.any([signal, round.signal]);
    const ended = new Set<number>();
    const onEnd = (partition: number) => {
      if (ended.has(partition) || ended.add(partition).size < places.length) return;
      this.#values = values;
      this.#ready.resolve();
    };
    const all = [
      ...places.map((place) =>
        this.#read(place, about.id, values, () => onEnd(place.partition), until)
      ),
      this.#watch(about, until),
    ];
    try {
      await Promise.race(all);
    } catch (error) {
      if (!isStale(error)) throw error;
      this.#ports.logger.warn("reading a global table again from the beginning", { topic });
    } finally {
      round.abort();
      await Promise.allSettled(all);
    }
  }

  /** Returns when the topic has become another one, or has more partitions. */
  async #watch(about: { readonly id: string; readonly partitions: number }, signal: AbortSignal) {
    const { log, clock } = this.#ports;
    for (;;) {
      await clock.sleep(lookEveryMs, signal);
      const { id, partitions } = await this.#trying(
        () => log.describe(this.#table.topic),
        signal,
      );
      if (id !== about.id || partitions !== about.partitions) return;
    }
  }

  async #read(
    place: TopicPartition,
    topicId: string,
    values: Values,
    onEnd: () => void,
    signal: AbortSignal,
  ): Promise<never> {
    const { log } = this.#ports;
    const { startOffset, endOffset } = await this.#trying(() => log.bounds(place), signal);
    await using reader = log.open(place, { offset: startOffset, topicId });
    for (let position: Offset = startOffset;;) {
      if (position >= endOffset) onEnd();
      const { records, nextOffset } = await this.#trying(() => reader.next(signal), signal);
      position = nextOffset;
      for (const record of records) this.#apply(record, values);
    }
  }

  #trying<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, random } = this.#ports;
    return retrying(work, { policy: retryPolicy, clock, random, signal });
  }

  #apply(record: LogRecord, values: Values): void {
    const { key, value } = record;
    const text = key === null ? undefined : decodeText(key);
    if (record.unreadable !== undefined) return this.#leftOut(record, record.unreadable);
    if (text === undefined) return this.#leftOut(record, "record has no key");
    const read = value === null ? undefined : decodedBy(this.#table.codec, value);
    if (read instanceof Rejection) return this.#leftOut(record, read.detail);
    values.set(text, value?.slice() ?? null); // beside what it was read with
    const { topic, bytesMax } = this.#table;
    if (values.bytes <= bytesMax) return;
    throw new PipelineError(
      "TOPIC_UNSUITABLE",
      `Cannot hold ${topic} as a global table as it must not be larger than ${bytesMax} bytes: ` +
        "it is; raise bytesMax, or join with a table that has as many partitions as the input",
    );
  }

  #leftOut({ topic, partition, offset }: LogRecord, detail: string): void {
    this.#lines.warn("unreadable", "leaves a record of a global table out", () => {
      return { topic, partition, offset, detail };
    });
  }
}

/** True where what was read is not what the topic has any more. */
function isStale(error: unknown): boolean {
  return error instanceof PipelineError &&
    (error.code === "TOPIC_REPLACED" || error.code === "INPUT_TRUNCATED");
}

import type { Clock } from "../base/clock.ts";
import { PipelineError } from "../base/errors.ts";
import type { ReadLimits, StoredItem, StoredQueue } from "../base/stored_queue.ts";
import type { Frame } from "../feed/frame.ts";
import { decodeFrame, encodeFrame, type SpooledFrame } from "./spooled_frame.ts";

/**
 * What happens when the spool may not grow any more:
 *
 * - `wait`: the source waits; for sources that can
 * - `stop`: nothing more is received, the program ends once what it has is sent
 * - `drop-oldest`: the oldest frames make room for the newest
 */
export type WhenFull = "wait" | "stop" | "drop-oldest";

/** Bounds of a spool. */
export interface SpoolLimits {
  readonly bytesMax: number;
  /** A spool whose oldest frame was received longer ago is full as well, ms. */
  readonly ageMsMax: number;
  readonly whenFull: WhenFull;
  /** Takes nothing before everything it had at the start is sent: for a disk that is full. */
  readonly drainsFirst?: boolean;
}

/** What waits for the log. */
export interface SpoolDepth {
  readonly frames: number;
  readonly bytes: number;
  /** When the oldest frame was received, epoch ms; `undefined` when none waits. */
  readonly oldestReceivedAtMs: number | undefined;
}

/** Frames that go to the log together. */
export interface SpoolBatch {
  readonly frames: readonly SpooledFrame[];
  readonly items: readonly StoredItem[];
}

/** Items that are dropped together, so that the queue is not asked for each. */
const dropLimits: ReadLimits = { items: 1_000, bytes: 1 << 20 };

/**
 * Frames between the feed and the log: kept before they are sent, forgotten once they are there.
 *
 * Owner: the ingest, one writer and one reader. Guarantee: a frame whose `append` resolved is given
 * by `next`, in order, in this run or a later one over the same queue, until `done` is called;
 * only `drop-oldest` breaks that, and says so.
 */
export class Spool {
  readonly #queue: StoredQueue;
  readonly #limits: SpoolLimits;
  readonly #clock: Clock;
  readonly #onDropped: (frames: number) => void;
  /** Place of the last frame that `next` gave. */
  #givenThrough = -1;
  #oldestReceivedAtMs: number | undefined;
  #closed = false;
  #draining: boolean;
  #grown = Promise.withResolvers<void>();
  #shrunk = Promise.withResolvers<void>();

  /** @param onDropped Told of frames that `drop-oldest` gave up. */
  constructor(
    queue: StoredQueue,
    limits: SpoolLimits,
    clock: Clock,
    onDropped: (frames: number) => void = () => {},
  ) {
    this.#queue = queue;
    this.#limits = limits;
    this.#clock = clock;
    this.#onDropped = onDropped;
    this.#draining = limits.drainsFirst ?? false;
  }

  get limits(): SpoolLimits {
    return this.#limits;
  }

  get depth(): SpoolDepth {
    const { count, bytes } = this.#queue;
    const oldestReceivedAtMs = count === 0 ? undefined : this.#oldestReceivedAtMs;
    return { frames: count, bytes, oldestReceivedAtMs };
  }

  /**
   * Keeps frames; resolves when they are safe.
   *
   * @throws {PipelineError} `SPOOL_FULL`; `ABORTED` if it was closed while waiting;
   *   `STORE_UNAVAILABLE`.
   */
  async append(frames: readonly Frame[], producerId: string): Promise<void> {
    const values = frames.map((frame) => encodeFrame(frame, producerId));
    await this.#makeRoom();
    await this.#queue.append(values);
    this.#oldestReceivedAtMs ??= frames[0]?.receivedAtMs;
    this.#grown.resolve();
  }

  /** The frames behind those given last; waits for the first; none only once closed. */
  async next(limits: ReadLimits): Promise<SpoolBatch> {
    for (;;) {
      this.#grown = Promise.withResolvers();
      const items = await this.#queue.read(this.#givenThrough, limits);
      const last = items.at(-1);
      if (last === undefined && !this.#closed) {
        await this.#grown.promise;
        continue;
      }
      if (last !== undefined) this.#givenThrough = last.position;
      const frames = items.map((item) => decodeFrame(item, this.#clock.nowMs()));
      this.#oldestReceivedAtMs = frames[0]?.receivedAtMs;
      return { frames, items };
    }
  }

  /** The log has these. */
  async done({ items }: SpoolBatch): Promise<void> {
    await this.#queue.remove(items);
    this.#oldestReceivedAtMs = undefined;
    this.#shrunk.resolve();
  }

  /** Nothing more will be appended: `next` ends after what there is. */
  close(): void {
    this.#closed = true;
    this.#grown.resolve();
    this.#shrunk.resolve();
  }

  async #makeRoom(): Promise<void> {
    while (this.#draining && this.#queue.count > 0) await this.#untilShrunk();
    this.#draining = false;
    while (this.#full) {
      const { whenFull } = this.#limits;
      if (whenFull === "stop") throw this.#fullError();
      if (whenFull === "drop-oldest") {
        if (!await this.#dropOldest()) return;
        continue;
      }
      await this.#untilShrunk();
    }
  }

  async #untilShrunk(): Promise<void> {
    if (this.#closed) throw new PipelineError("ABORTED", "Cannot append as the spool is closed");
    this.#shrunk = Promise.withResolvers();
    await this.#shrunk.promise;
  }

  get #full(): boolean {
    const { bytes, oldestReceivedAtMs } = this.depth;
    const { bytesMax, ageMsMax } = this.#limits;
    if (bytes >= bytesMax) return true;
    return oldestReceivedAtMs !== undefined && this.#clock.nowMs() - oldestReceivedAtMs > ageMsMax;
  }

  /** @returns False if nothing may go: what is under way to the log stays. */
  async #dropOldest(): Promise<boolean> {
    const behind = await this.#queue.read(this.#givenThrough, dropLimits);
    const items = this.#queue.bytes >= this.#limits.bytesMax ? behind : this.#tooOld(behind);
    if (items.length === 0) return false;
    await this.#queue.remove(items);
    this.#onDropped(items.length);
    return true;
  }

  #tooOld(items: readonly StoredItem[]): StoredItem[] {
    const nowMs = this.#clock.nowMs();
    return items.filter((item) =>
      nowMs - decodeFrame(item, nowMs).receivedAtMs > this.#limits.ageMsMax
    );
  }

  #fullError(): PipelineError {
    const { frames, bytes } = this.depth;
    return new PipelineError(
      "SPOOL_FULL",
      "Cannot receive any more as the spool is full: bring the log back, or allow more with " +
        "SPOOL_BYTES_MAX and SPOOL_AGE_MAX, or let the oldest go with SPOOL_WHEN_FULL=drop-oldest",
      { context: { frames, bytes } },
    );
  }
}

import type { Clock } from "../base/clock.ts";
import { Spool } from "../ingest/spool.ts";
import type { Logger } from "../base/logger.ts";
import type { SpoolConfig } from "../app/spool_settings.ts";
import { LevelQueue } from "../level/level_queue.ts";
import { withReserve } from "../level/reserve.ts";

/** How often lost frames are named, ms. */
const reminderMs = 30_000;

/** A spool on disk; its folder is free again once it is disposed. */
export interface DiskSpool extends AsyncDisposable {
  readonly spool: Spool;
}

/**
 * For a feed that cannot be asked again.
 *
 * @throws {PipelineError} `STORE_LOCKED` if another process has the folder; `STORE_CORRUPT`.
 */
export async function diskSpool(
  config: SpoolConfig,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  onDropped: (frames: number) => void,
): Promise<DiskSpool> {
  const { spoolDir } = config;
  const { opened: queue, reserved } = await withReserve(spoolDir, () => LevelQueue.open(spoolDir));
  const limits = {
    bytesMax: config.spoolBytesMax,
    ageMsMax: config.spoolAgeSeconds === 0 ? Infinity : config.spoolAgeSeconds * 1000,
    whenFull: config.spoolWhenFull,
    drainsFirst: !reserved,
  };
  const losses = new LossLog(clock, logger);
  const spool = new Spool(queue, limits, clock, (frames) => {
    losses.dropped(frames);
    onDropped(frames);
  });
  if (queue.count > 0) {
    const frames = queue.count;
    logger.info("Sending what an earlier run left in the spool", { frames });
    if (!reserved) {
      logger.warn("The disk is full: nothing is received until it is sent", { frames });
    }
  }
  return { spool, [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose]() };
}

/** Names lost frames at once, then every half minute. */
class LossLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #frames = 0;
  #namedAtMs = -Infinity;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  dropped(frames: number): void {
    this.#frames += frames;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#namedAtMs < reminderMs) return;
    this.#namedAtMs = nowMs;
    this.#logger.error("The spool is full: its oldest frames are lost", { frames: this.#frames });
  }
}

import type { ProcessConfig } from "../../app/process_config.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { fired } from "../../base/signals.ts";
import type { ThreadFigures } from "../../http/metrics/metrics.ts";
import type { InputStatus } from "../../http/ports.ts";
import type { ThreadReport, ThreadsView, ViewThread } from "../../http/view/threads_view.ts";
import type { SharedMembership } from "../../streams/assignment/shared_membership.ts";
import type { Authorities } from "../authorities.ts";
import { type MainMethods, packConfig, type ThreadMethods } from "./methods.ts";
import { unpackError } from "./packed_error.ts";
import { ThreadLink, type ThreadPort } from "./thread_link.ts";

/** How long its figures are waited for, ms; scrapers wait ten seconds. */
const figuresMsMax = 1_000;

/** What a thread works with in the main one. */
export interface ThreadRunOptions {
  readonly thread: number;
  readonly config: ProcessConfig;
  readonly authorities: Authorities;
  readonly shared: SharedMembership;
  /** Drain, commit, return. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Told what commits change while it is watched. */
  readonly view: Pick<ThreadsView, "told">;
}

/**
 * A thread that processes, as the main one sees it.
 *
 * An error that nothing in it caught is one of the program, as it would be without threads: it is
 * reported, and ends the process. Whatever supervises the process starts it again.
 */
export class ProcessThread implements ViewThread {
  readonly #link: ThreadLink<ThreadMethods>;
  readonly #loaded = Promise.withResolvers<void>();
  readonly #leave = new AbortController();
  readonly #end: () => void;
  #options: ThreadRunOptions | undefined;
  #figures: ThreadFigures = [];
  report: ThreadReport | undefined;
  reportedMs = 0;
  waitsFor: string | undefined;

  /** @param end Ends it where it is. */
  constructor(port: ThreadPort, end: () => void) {
    this.#end = end;
    this.#link = new ThreadLink<ThreadMethods>(port, this.#methods());
  }

  /** Resolves when its code is loaded: it needs no leave to read the program any more. */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  /** Ends it where it is: nothing of it may run yet, or any more. */
  end(): void {
    this.#end();
  }

  /** It could not be loaded, or has thrown what it did not catch. */
  failed(error: Error): void {
    this.#loaded.reject(error);
    // As an error that nothing catches: it ends the process.
    if (this.#options !== undefined) reportError(error);
  }

  /**
   * Processes until the signal fires and everything is committed.
   *
   * @throws Whatever `runDistributed` throws in the thread.
   */
  async run(options: ThreadRunOptions): Promise<InputStatus> {
    this.#options = options;
    const { thread, config, authorities, shared, signal } = options;
    void fired(signal).then(() => this.#link.tell("stop"));
    const { owned } = shared.ofThread(thread);
    return await this.#link.call("run", {
      thread,
      config: packConfig(config),
      authorities,
      owned,
    });
  }

  watch(): ReturnType<ViewThread["watch"]> {
    return this.#link.call("watch");
  }

  rest(): void {
    this.#link.tell("rest");
  }

  candles(...args: Parameters<ViewThread["candles"]>): ReturnType<ViewThread["candles"]> {
    return this.#link.call("candles", ...args);
  }

  trades(...args: Parameters<ViewThread["trades"]>): ReturnType<ViewThread["trades"]> {
    return this.#link.call("trades", ...args);
  }

  /** What it counts; of one that hangs, what it last said. */
  async figures(): ReturnType<ThreadMethods["figures"]> {
    const told = new AbortController();
    const overrun = systemClock.sleep(figuresMsMax, told.signal).catch(() => {});
    const fresh = this.#link.call("figures").then((figures) => this.#figures = figures);
    await Promise.race([fresh, overrun]);
    told.abort();
    return this.#figures;
  }

  #methods(): MainMethods {
    return {
      loaded: () => this.#loaded.resolve(),
      log: (level, message, fields) => this.#options?.logger[level](message, fields),
      waits: (problem) => this.waitsFor = problem,
      reports: (report) => {
        this.report = report;
        this.reportedMs = this.#options?.clock.monotonicMs() ?? 0;
      },
      told: (update) => this.#options?.view.told(update),
      join: (topic) => this.#join(topic),
      leave: () => this.#leave.abort(),
      reconsider: () => this.#membership?.reconsider(),
      crashed: (error) => this.failed(unpackError(error)),
    };
  }

  get #membership() {
    return this.#options?.shared.ofThread(this.#options.thread);
  }

  async #join(topic: string): Promise<void> {
    const link = this.#link;
    await this.#membership?.run(topic, {
      owns: (partitions) => link.call("owns", partitions),
      held: () => link.call("held"),
      assigned: (assignment) => link.call("assigned", assignment),
      lost: () => link.call("lost"),
    }, this.#leave.signal);
  }
}

/** Threads with their code loaded, which is to be done before `confine()`. */
export async function loadThreads(module: string, count: number): Promise<ProcessThread[]> {
  const threads = Array.from({ length: count }, () => {
    const worker = new Worker(module, { type: "module" });
    const thread = new ProcessThread(worker, () => worker.terminate());
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      thread.failed(new Error(`a thread ended: ${event.message}`));
    });
    return thread;
  });
  await Promise.all(threads.map(({ loaded }) => loaded));
  return threads;
}

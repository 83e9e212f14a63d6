import { plainFields } from "../../app/log_line.ts";
import type { LogLevel } from "../../app/log_settings.ts";
import { processProgram } from "../../app/process_config.ts";
import type { MainContext } from "../../app/lifecycle.ts";
import { systemClock } from "../../base/clock.ts";
import { assert } from "../../base/assert.ts";
import { isAborted, PipelineError } from "../../base/errors.ts";
import type { LogFields, Logger } from "../../base/logger.ts";
import { systemRandom } from "../../base/random.ts";
import { fired } from "../../base/signals.ts";
import { sleepUnlessAborted } from "../../feed/pacer.ts";
import { ThreadMetrics } from "../../http/metrics/metrics.ts";
import type { InputStatus, LiveView, SymbolSummary } from "../../http/ports.ts";
import { LevelStateStores } from "../../level/state_store.ts";
import { marketChangelog } from "../../market/job.ts";
import { OwnedStores } from "../../streams/assignment/owned_stores.ts";
import type { AssignmentListener, GroupMembership } from "../../streams/ports.ts";
import { runDistributed } from "../distributed.ts";
import { type MainMethods, type ThreadMethods, type ThreadStart, unpackConfig } from "./methods.ts";
import { packError } from "./packed_error.ts";
import { ThreadLink, type ThreadPort } from "./thread_link.ts";

/** How often a thread says what it does, ms. */
const reportEveryMs = 200;

/** This thread as one of those that process; everything it is asked to do comes over the port. */
export function serveThread(port: ThreadPort): void {
  const thread = new OwnThread(port);
  const onError = (event: Event, error: unknown) => {
    event.preventDefault();
    if (!isAborted(error)) thread.crashed(error);
  };
  globalThis.addEventListener("unhandledrejection", (event) => onError(event, event.reason));
  globalThis.addEventListener("error", (event) => onError(event, event.error));
  thread.loaded();
}

class OwnThread implements ThreadMethods {
  readonly #main: ThreadLink<MainMethods>;
  readonly #stop = new AbortController();
  readonly #metrics = new ThreadMetrics();
  #stores: OwnedStores | undefined;
  #listener: AssignmentListener | undefined;
  #view: LiveView | undefined;
  #watching: DisposableStack | undefined;

  constructor(port: ThreadPort) {
    this.#main = new ThreadLink<MainMethods>(port, this);
  }

  loaded(): void {
    this.#main.tell("loaded");
  }

  crashed(error: unknown): void {
    this.#main.tell("crashed", packError(error));
  }

  async run({ thread, config: packed, authorities, owned }: ThreadStart): Promise<InputStatus> {
    const config = unpackConfig(packed);
    const changelog = marketChangelog(config.applicationId);
    const stores = new OwnedStores(LevelStateStores.ofThread(config.stateDir, changelog), owned);
    this.#stores = stores;
    const remedies = processProgram.remedies?.(config);
    const context: MainContext = {
      signal: this.#stop.signal,
      clock: systemClock,
      random: systemRandom,
      logger: this.#logger(thread, config.logLevel),
      hide: () => {},
      ...remedies && { remedies },
    };
    const ended = new AbortController();
    try {
      return await runDistributed({
        config,
        context,
        authorities,
        stores,
        metrics: this.#metrics,
        peers: noPeers,
        membership: () => this.#membership(),
        onWait: (problem) => this.#main.tell("waits", problem),
        onView: (view) => void this.#show(view, ended.signal),
      });
    } finally {
      ended.abort();
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  owns(partitions: readonly number[]): void {
    this.#stores?.own(partitions);
  }

  async held(): ReturnType<AssignmentListener["held"]> {
    return await this.#joined.held();
  }

  async assigned(...[assignment]: Parameters<AssignmentListener["assigned"]>): Promise<void> {
    await this.#joined.assigned(assignment);
  }

  async lost(): Promise<void> {
    await this.#joined.lost();
  }

  async watch(): Promise<readonly SymbolSummary[]> {
    this.rest();
    const watching = this.#watching = new DisposableStack();
    const view = this.#view;
    if (view === undefined) return [];
    watching.defer(view.subscribe((update) => this.#main.tell("told", update)));
    const looking = await view.look();
    if (watching.disposed) looking[Symbol.dispose]();
    else watching.use(looking);
    return [...view.eachSymbol()];
  }

  rest(): void {
    this.#watching?.dispose();
    this.#watching = undefined;
  }

  candles(
    ...[symbol, range]: Parameters<ThreadMethods["candles"]>
  ): ReturnType<ThreadMethods["candles"]> {
    return this.#view?.candles(symbol, range) ?? notReady();
  }

  trades(
    ...[symbol, limit]: Parameters<ThreadMethods["trades"]>
  ): ReturnType<ThreadMethods["trades"]> {
    return this.#view?.trades(symbol, limit) ?? notReady();
  }

  async figures(): ReturnType<ThreadMethods["figures"]> {
    return await this.#metrics.figures();
  }

  get #joined(): AssignmentListener {
    assert(this.#listener !== undefined, "a thread must have joined to be given partitions");
    return this.#listener;
  }

  /** The main thread is the member of the group. */
  #membership(): GroupMembership {
    const main = this.#main;
    return {
      run: async (topic, listener, signal) => {
        this.#listener = listener;
        void fired(signal).then(() => main.tell("leave"));
        await main.call("join", topic);
      },
      reconsider: () => main.tell("reconsider"),
      ownerOf: () => undefined,
    };
  }

  async #show(view: LiveView, signal: AbortSignal): Promise<void> {
    this.#view = view;
    // Someone may have begun to look before there was anything to see.
    if (this.#watching !== undefined) await this.watch();
    do {
      this.#main.tell("reports", {
        partitionCount: partitionCountOf(view),
        own: view.partitions()?.own ?? [],
        tasks: view.tasks(),
        standbys: view.standbys(),
        health: view.health(),
        input: view.input(),
      });
    } while (await sleepUnlessAborted(systemClock, reportEveryMs, signal));
  }

  #logger(thread: number, lowest: LogLevel): Logger {
    const say = (level: keyof Logger) => (message: string, fields?: LogFields) =>
      this.#main.tell("log", level, message, plainFields({ ...fields, thread }));
    const debug = lowest === "debug" ? say("debug") : () => {};
    return { debug, info: say("info"), warn: say("warn"), error: say("error") };
  }
}

/** Other instances are the main thread's business. */
const noPeers = {
  ask: () => Promise.reject(new Error("a thread asks no other instance")),
  peerOf: () => undefined,
};

function partitionCountOf(view: LiveView): number {
  const partitions = view.partitions();
  return partitions === undefined ? 0 : partitions.own.length + partitions.others.size;
}

function notReady(): Promise<never> {
  return Promise.reject(
    new PipelineError("SINK_UNAVAILABLE", "Cannot read results as the thread has not started yet"),
  );
}

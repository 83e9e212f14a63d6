import type { Clock } from "../base/clock.ts";
import { isAborted } from "../base/errors.ts";
import { isObject } from "./ask_json.ts";
import { isSummary, localPath } from "./peers.ts";
import type { StreamUpdate } from "./viewer.ts";
import type { HealthJson } from "./wire.ts";
import { type Ask, within } from "./within.ts";

/** An instance sends its state every 2 s: after so much silence it counts as unreachable. */
const silenceMsMax = 9_000;

const retryMs = 2_000;

/** Longest event that is taken, characters; the largest is the first list of symbols. */
const eventCharsMax = 16 * 1024 * 1024;

const eventForm = /^event: (health|symbols|candles|trades)\ndata: ([^\n]*)$/;

/** What another instance said last. */
export interface Heard {
  /** Partitions that it works on. */
  readonly partitions: readonly number[];
  /** When it committed last, by the clock of this instance, epoch ms. */
  readonly lastCommitMs: number | undefined;
}

/** What a follower works with. */
export interface PeerStreamOptions {
  readonly ask: Ask;
  readonly clock: Clock;
  /** Is given what the other instance tells of symbols, candles and trades. */
  readonly onUpdate: (update: StreamUpdate) => void;
  /** An instance is heard for the first time, or is lost, or comes back. */
  readonly onTurn: () => void;
}

/**
 * Follows the stream of one other instance, through every interruption, until it is stopped.
 *
 * Owner: `PeerStreams`.
 */
export class PeerStream {
  readonly #address: string;
  readonly #options: PeerStreamOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #heard: Heard | "not yet" | "lost" = "not yet";

  constructor(address: string, options: PeerStreamOptions) {
    this.#address = address;
    this.#options = options;
    this.#running = this.#run();
  }

  /** What it says; `lost` when it does not answer, `not yet` before the first attempt has ended. */
  get heard(): Heard | "not yet" | "lost" {
    return this.#heard;
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      while (!signal.aborted) {
        await this.#follow(signal).catch(() => {});
        this.#hear("lost");
        await this.#options.clock.sleep(retryMs, signal);
      }
    } catch (error) {
      if (!isAborted(error)) throw error;
    }
  }

  /** Ends when the connection does. */
  async #follow(stop: AbortSignal): Promise<void> {
    const { ask, clock } = this.#options;
    const url = localPath(this.#address, "/api/stream");
    const response = await within(
      clock,
      silenceMsMax,
      (late) => ask(url, AbortSignal.any([stop, late])),
    );
    const text = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (text === undefined) return;
    const cancel = () => void text.cancel().catch(() => {});
    stop.addEventListener("abort", cancel);
    try {
      if (response.ok) await this.#read(text, cancel);
    } finally {
      stop.removeEventListener("abort", cancel);
      await text.cancel().catch(() => {});
    }
  }

  /** @param cancel Ends what is under way. */
  async #read(text: ReadableStreamDefaultReader<string>, cancel: () => void): Promise<void> {
    let rest = "";
    while (rest.length <= eventCharsMax) {
      const { done, value = "" } = await within(this.#options.clock, silenceMsMax, (late) => {
        late.addEventListener("abort", cancel);
        return text.read();
      });
      if (done) return;
      const events = (rest + value).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) this.#take(event);
    }
  }

  #take(event: string): void {
    const [, name, data] = eventForm.exec(event) ?? [];
    if (name === undefined || data === undefined) return;
    const body: unknown = JSON.parse(data);
    if (name === "health") this.#hear(this.#readHealth(body as HealthJson));
    else if (isObject(body)) this.#options.onUpdate(readUpdate(name, body[name]));
  }

  #hear(heard: Heard | "lost"): void {
    const isTurn = typeof heard !== typeof this.#heard || this.#heard === "not yet";
    this.#heard = heard;
    if (isTurn && !this.#stop.signal.aborted) this.#options.onTurn();
  }

  #readHealth({ now, tasks }: HealthJson): Heard {
    const commits = tasks.flatMap(({ last_commit }) => last_commit ?? []);
    const working = tasks.filter(({ state }) => state === "running");
    return {
      partitions: working.map(({ partition }) => partition),
      lastCommitMs: commits.length === 0
        ? undefined
        : this.#options.clock.nowMs() - (now - Math.max(...commits)),
    };
  }
}

/** Without what is no summary, candle or trade: what else a candle or trade holds is passed on. */
function readUpdate(name: string, told: unknown): StreamUpdate {
  const nothing: StreamUpdate = { candles: [], trades: [], symbols: [] };
  if (!Array.isArray(told)) return nothing;
  if (name === "symbols") return { ...nothing, symbols: told.filter(isSummary) };
  const named = told.filter((item) => isObject(item) && typeof item["symbol"] === "string");
  return { ...nothing, [name]: named };
}

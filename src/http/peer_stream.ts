import type { Clock } from "../base/clock.ts";
import { isAborted } from "../base/errors.ts";
import { candle, summary, trade } from "./answer_schemas.ts";
import type { StreamedCandle, StreamedTrade } from "./events.ts";
import { fitting } from "./fitting.ts";
import { isPossible, localPath } from "./peers.ts";
import type { SymbolSummary } from "./ports.ts";
import { count, list, nullable, object, type Schema, text, time } from "./schema.ts";
import type { StreamUpdate } from "./viewer.ts";
import { type Ask, within } from "./within.ts";

/** An instance sends its state every 2 s: after so much silence it counts as unreachable. */
const silenceMsMax = 9_000;

const retryMs = 2_000;

const eventForm = /^event: (health|symbols|candles|trades)\ndata: ([^\n]*)$/;

/** What counts of another instance's `health` event. */
interface PeerHealth {
  readonly now: number;
  readonly tasks: readonly {
    readonly partition: number;
    readonly state: string;
    readonly last_commit: number | null;
  }[];
}

const healthHeard = object<PeerHealth>({
  now: time("its clock"),
  tasks: list(object<PeerHealth["tasks"][number]>({
    partition: count(),
    state: text(),
    last_commit: nullable(time("by its clock")),
  })),
});

const streamedCandle = withMembers(candle, { symbol: text(), resolution: text() });
const streamedTrade = withMembers(trade, { symbol: text() });

/** An object's schema with more members. */
function withMembers({ properties, ...schema }: Schema, more: Readonly<Record<string, Schema>>) {
  return { ...schema, properties: { ...Object(properties), ...more } };
}

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
  /** Longest event that is taken, characters; the largest is the first list of symbols. */
  readonly eventCharsMax: () => number;
  /** Of the candles and trades only those of such symbols count. */
  readonly watched: () => ReadonlySet<unknown>;
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
    // Looked through piece by piece: a long event comes in thousands of them.
    let [begun, lineBreak] = ["", ""];
    while (begun.length <= this.#options.eventCharsMax()) {
      const { done, value = "" } = await within(this.#options.clock, silenceMsMax, (late) => {
        late.addEventListener("abort", cancel);
        return text.read();
      });
      if (done) return;
      const ends = (lineBreak + value).split("\n\n");
      const rest = ends.pop() ?? "";
      for (const end of ends) {
        this.#take(begun + end);
        begun = "";
      }
      lineBreak = rest.endsWith("\n") ? "\n" : "";
      begun += rest.slice(0, rest.length - lineBreak.length);
    }
  }

  #take(event: string): void {
    const [, name, data] = eventForm.exec(event) ?? [];
    if (name === undefined || data === undefined) return;
    const body: unknown = JSON.parse(data);
    if (name === "health") this.#hearHealth(body);
    else this.#options.onUpdate(this.#readUpdate(name, body));
  }

  #hear(heard: Heard | "lost"): void {
    const isTurn = typeof heard !== typeof this.#heard || this.#heard === "not yet";
    this.#heard = heard;
    if (isTurn && !this.#stop.signal.aborted) this.#options.onTurn();
  }

  #hearHealth(body: unknown): void {
    const health = fitting<PeerHealth>(healthHeard, body);
    if (health !== undefined) this.#hear(this.#readHealth(health));
  }

  #readHealth({ now, tasks }: PeerHealth): Heard {
    const commits = tasks.flatMap(({ last_commit }) => last_commit ?? []);
    const working = tasks.filter(({ state }) => state === "running");
    return {
      partitions: working.map(({ partition }) => partition),
      lastCommitMs: commits.length === 0
        ? undefined
        : this.#options.clock.nowMs() - (now - Math.max(...commits)),
    };
  }

  #readUpdate(name: string, body: unknown): StreamUpdate {
    const told = Object(body)[name];
    const items: readonly unknown[] = Array.isArray(told) ? told : [];
    const symbols = this.#options.watched();
    const watched = items.filter((item) => symbols.has(Object(item).symbol));
    return {
      candles: name === "candles" ? fittingOf<StreamedCandle>(streamedCandle, watched) : [],
      trades: name === "trades" ? fittingOf<StreamedTrade>(streamedTrade, watched) : [],
      symbols: name === "symbols" ? this.#readSymbols(items) : [],
    };
  }

  #readSymbols(items: readonly unknown[]): SymbolSummary[] {
    const nowMs = this.#options.clock.nowMs();
    return fittingOf<SymbolSummary>(summary, items).filter((told) => isPossible(told, nowMs));
  }
}

/** What fits of a list; the rest is passed over. */
function fittingOf<T>(schema: Schema, items: readonly unknown[]): T[] {
  return items.flatMap((item) => fitting<T>(schema, item) ?? []);
}

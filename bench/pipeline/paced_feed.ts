import type { Schedule } from "./latencies.ts";

/** The symbol of which every frame has a trade, at a price that is the frame's number. */
export const watchedSymbol = "WATCHED";

/** What a feed sends. */
export interface PacedLoad {
  readonly frames: number;
  readonly framesPerSecond: number;
  /** At most as many as there are symbols, each of another one. */
  readonly tradesPerFrame: number;
  readonly symbols: number;
}

/**
 * A feed on a socket that sends each frame when it is due, counted from the first subscription, late
 * ones at once.
 */
export class PacedFeed implements Schedule, AsyncDisposable {
  readonly #load: PacedLoad;
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  #startedMs = NaN;

  constructor(load: PacedLoad) {
    this.#load = load;
    this.#http = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = () => void this.#play(socket);
      socket.onerror = () => {};
      return response;
    });
  }

  get frames(): number {
    return this.#load.frames;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#http.addr.port}?token=`;
  }

  dueMs(frame: number): number {
    return this.#startedMs + frame * 1_000 / this.#load.framesPerSecond;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.shutdown();
  }

  async #play(socket: WebSocket): Promise<void> {
    if (!Number.isNaN(this.#startedMs)) return;
    this.#startedMs = performance.now();
    for (let next = 0; next < this.frames && socket.readyState === WebSocket.OPEN;) {
      while (next < this.frames && this.dueMs(next) <= performance.now()) {
        socket.send(this.#frame(next++));
      }
      await new Promise((resolve) =>
        setTimeout(resolve, Math.max(0, this.dueMs(next) - performance.now()))
      );
    }
  }

  #frame(number: number): string {
    const { tradesPerFrame, symbols } = this.#load;
    const data = Array.from({ length: tradesPerFrame }, (_, index) => ({
      c: [],
      p: index === 0 ? number : 187.5,
      s: index === 0
        ? watchedSymbol
        : `S${(number * (tradesPerFrame - 1) + index) % (symbols - 1)}`,
      t: Date.now(),
      v: 3,
    }));
    return JSON.stringify({ data, type: "trade" });
  }
}

import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { isSameText } from "../base/same_text.ts";
import type { Secret } from "../base/secret.ts";
import { Audience, type Listener, type SentCounts } from "./audience.ts";
import type { FrameSource } from "./frame.ts";
import { sleepUnlessAborted } from "./pacer.ts";
import { Subscriber, symbolLimitDefault } from "./subscriber.ts";

const settleMsDefault = 500;
const pingIntervalMsDefault = 60_000;
const stuckMsMaxDefault = 10_000;

/** How long clients may take to answer a goodbye, ms. */
const goodbyeMsMax = 1_000;

const goingAway = 1001;
const policyViolation = 1008;

/** What is served, where, and how strictly. */
export interface FinnhubServerOptions {
  /** One source for all clients. */
  readonly source: FrameSource;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Interface to listen on; loopback unless said otherwise. */
  readonly hostname?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** The token that clients must bring; any will do without it. */
  readonly key?: Secret;
  /** Symbols that exist; every legal name without it. */
  readonly knownSymbols?: ReadonlySet<string>;
  /** Symbols per connection. */
  readonly symbolLimit?: number;
  /** A second connection with the same token ends both, as Finnhub does it. */
  readonly oneConnectionPerKey?: boolean;
  /** How long subscriptions must have been quiet before the first frame, ms. */
  readonly settleMs?: number;
  readonly pingIntervalMs?: number;
  /** How long a client may take nothing before it is let go, ms. */
  readonly stuckMsMax?: number;
}

/** A running server. Owner: the starter; disposing ends all connections. */
export interface FinnhubServer extends AsyncDisposable {
  readonly port: number;
  /** For `FINHUB_API_URL`: the key is to be appended. */
  readonly url: string;
  /** Resolves when the source has ended and its last frame was handed over; never rejects. */
  readonly sourceEnded: Promise<void>;
  readonly connections: number;
  readonly sent: SentCounts;
}

/**
 * Serves frames over Finnhub's WebSocket protocol: token, subscriptions per connection, error
 * frames, pings.
 *
 * The source starts once a client has subscribed and its subscriptions have settled, rests while
 * there is no subscription, and is never faster than the slowest client: none loses a frame. When
 * it ends, the connections stay, with their pings.
 */
export function serveFinnhub(options: FinnhubServerOptions): FinnhubServer {
  return new Server(options);
}

class Server implements FinnhubServer {
  readonly #options: FinnhubServerOptions;
  readonly #audience: Audience;
  readonly #tokens = new Map<string, WebSocket>();
  readonly #sockets = new Set<WebSocket>();
  readonly #stop = new AbortController();
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  readonly #pings: Promise<void>;
  readonly sourceEnded: Promise<void>;

  constructor(options: FinnhubServerOptions) {
    this.#options = options;
    const { clock, logger, hostname = "127.0.0.1", port = 0 } = options;
    this.#audience = new Audience({
      clock,
      settleMs: options.settleMs ?? settleMsDefault,
      stuckMsMax: options.stuckMsMax ?? stuckMsMaxDefault,
      onStuck: () => logger.warn("Disconnected a client that read nothing for too long"),
    });
    this.#http = Deno.serve(
      { hostname, port, onListen() {} },
      (request) => this.#answer(request),
    );
    this.sourceEnded = this.#pump();
    this.#pings = this.#ping(options.pingIntervalMs ?? pingIntervalMsDefault);
  }

  get port(): number {
    return this.#http.addr.port;
  }

  get url(): string {
    return `ws://${this.#options.hostname ?? "127.0.0.1"}:${this.port}?token=`;
  }

  get connections(): number {
    return this.#audience.listeners.size;
  }

  get sent(): SentCounts {
    return this.#audience.sent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#audience.noteChange();
    await Promise.all([this.sourceEnded, this.#pings, this.#sayGoodbye()]);
    await this.#http.shutdown();
  }

  #answer(request: Request): Response {
    if (request.headers.has("origin")) {
      return new Response("This feed serves programs, not web pages", { status: 403 });
    }
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return new Response("This is a WebSocket", {
        status: 426,
        headers: { upgrade: "websocket" },
      });
    }
    const url = URL.parse(request.url);
    if (url === null) return new Response("The header host must be a host", { status: 400 });
    const token = url.searchParams.get("token") ?? "";
    const { key } = this.#options;
    if (key && !isSameText(token, key.reveal())) {
      return new Response("Invalid API key", { status: 401 });
    }
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    this.#welcome(socket, token);
    return response;
  }

  #welcome(socket: WebSocket, token: string): void {
    const { symbolLimit = symbolLimitDefault, knownSymbols } = this.#options;
    const terms = { symbolLimit, ...knownSymbols && { knownSymbols } };
    const listener: Listener = { socket, subscriber: new Subscriber(terms) };
    this.#sockets.add(socket);
    socket.onopen = () => this.#opened(listener, socket, token);
    socket.onmessage = ({ data }) => this.#received(listener, data);
    socket.onclose = () => this.#left(listener, socket, token);
    socket.onerror = () => {}; // a close follows
  }

  #opened(listener: Listener, socket: WebSocket, token: string): void {
    const other = this.#tokens.get(token);
    if (other && this.#options.oneConnectionPerKey) {
      for (const each of [other, socket]) each.close(policyViolation, "key is in use");
      return;
    }
    this.#tokens.set(token, socket);
    this.#audience.add(listener);
    this.#options.logger.info("A client connected", { connections: this.connections });
  }

  #received(listener: Listener, data: unknown): void {
    const reply = listener.subscriber.receive(typeof data === "string" ? data : "");
    if (reply !== undefined) listener.socket.send(reply);
    this.#audience.noteChange();
  }

  #left(listener: Listener, socket: WebSocket, token: string): void {
    this.#sockets.delete(socket);
    if (this.#tokens.get(token) === socket) this.#tokens.delete(token);
    if (!this.#audience.listeners.has(listener)) return;
    this.#audience.remove(listener);
    this.#options.logger.info("A client left", { connections: this.connections });
  }

  async #pump(): Promise<void> {
    const { source, logger } = this.#options;
    const { signal } = this.#stop;
    try {
      if (!await this.#audience.settled(signal)) return;
      logger.info("Sending begins");
      for await (const frame of source.frames(signal)) {
        if (!this.#audience.isListening && !await this.#audience.settled(signal)) return;
        await this.#audience.send(frame, signal);
      }
      if (!signal.aborted) logger.info("Everything was sent", { ...this.sent });
    } catch (error) {
      logger.error("Sending ended early", { problem: describeError(error), ...this.sent });
    }
  }

  async #ping(intervalMs: number): Promise<void> {
    while (await sleepUnlessAborted(this.#options.clock, intervalMs, this.#stop.signal)) {
      this.#audience.sendToAll(`{"type":"ping"}`);
    }
  }

  async #sayGoodbye(): Promise<void> {
    const closed = [...this.#sockets].map((socket) =>
      new Promise<void>((resolve) => {
        socket.addEventListener("close", () => resolve(), { once: true });
        socket.close(goingAway, "server is shutting down");
      })
    );
    const done = new AbortController();
    const late = sleepUnlessAborted(this.#options.clock, goodbyeMsMax, done.signal);
    await Promise.race([Promise.all(closed), late]);
    done.abort();
    await late;
  }
}

import type { Buffer } from "node:buffer";
import { closeQuietly, frames, writeAll } from "./kafka_frames.ts";

/**
 * What happens to a request on its way, and to its answer.
 *
 * A copy of an answer has the correlation id of the answer: no connection delivers one under another
 * id, so none is made up.
 */
export type ProxyVerdict =
  /** Goes through, and so does its answer. */
  | "pass"
  /** Never arrives; the connection is cut. */
  | "drop"
  /** Arrives and is executed, but the connection is cut instead of the answer. */
  | "lose-answer"
  /** Arrives; half of its answer comes back, then the connection is cut. */
  | "halve-answer"
  /** Kept back while the connection is cut; arrives when `deliver` is called with it. */
  | "late"
  /** As `lose-answer`, and a copy is kept back. */
  | "repeat"
  /** Kept back on its connection, so that those behind it overtake it. */
  | "overtaken"
  /** Goes through; its answer comes after a while, and so do those behind it. */
  | "slow"
  /** Goes through; its answer is kept back, so that those behind it overtake it. */
  | "late-answer"
  /** Goes through, and so does its answer; a copy of that is kept back. */
  | "repeat-answer";

/** How long a slow answer takes, ms. */
const slowMs = 60;

/** Lets something arrive that was kept back. */
export type Delivery = () => Promise<void>;

/** How long a late request waits for its answer, which no one reads, ms. */
const lateAnswerMs = 1_000;

/** Numbers of the requests that tests interfere with. */
export const apiKeys = {
  produce: 0,
  fetch: 1,
  joinGroup: 11,
  heartbeat: 12,
  apiVersions: 18,
  addPartitions: 24,
  addOffsets: 25,
  endTransaction: 26,
  commitOffset: 28,
} as const;

/** Stands between a client and a broker, and cuts connections at chosen requests. */
export class KafkaProxy implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #target: { readonly hostname: string; readonly port: number };
  readonly #links = new Set<Link>();
  readonly #done: Promise<void>;
  /** Asked for every request. */
  verdict: (apiKey: number) => ProxyVerdict = () => "pass";
  /** What becomes of an answer that is passed on; may change it. */
  rewrite: (apiKey: number, answer: Buffer) => Buffer = (_, answer) => answer;
  /** Asked to wait before a request is passed on. */
  arriving: (apiKey: number) => void | Promise<void> = () => {};
  /** Told of every answer before it is passed on. */
  answered: (apiKey: number) => void = () => {};
  /** Given each request and answer that is kept back. */
  kept: (deliver: Delivery, apiKey: number) => void = () => {};

  constructor(target: { readonly hostname: string; readonly port: number }) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#done = this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Applies a verdict to the next `times` requests of a kind. */
  interfere(apiKey: number, verdict: ProxyVerdict, times: number = Infinity): void {
    let left = times;
    this.verdict = (key) => key === apiKey && left-- > 0 ? verdict : "pass";
  }

  /** Cuts every connection and drops every request until told otherwise. */
  isolate(): void {
    this.verdict = () => "drop";
    for (const link of this.#links) link.cut();
  }

  heal(): void {
    this.verdict = () => "pass";
  }

  /** Lets a request arrive on a connection of its own. */
  async deliver(frame: Uint8Array): Promise<void> {
    const broker = await Deno.connect(this.#target);
    const timer = setTimeout(() => closeQuietly(broker), lateAnswerMs);
    try {
      await writeAll(broker, frame);
      await frames(broker).next();
    } catch {
      // The broker did not like it.
    } finally {
      clearTimeout(timer);
      closeQuietly(broker);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const link of this.#links) link.cut();
    await this.#done;
    await Promise.all([...this.#links].map(({ done }) => done));
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) {
        const broker = await Deno.connect(this.#target);
        const link = new Link(client, broker, this);
        this.#links.add(link);
        void link.done.then(() => this.#links.delete(link));
      }
    } catch {
      // The listener was closed in mid-accept.
    }
  }
}

type ProxyRules = Pick<
  KafkaProxy,
  "verdict" | "answered" | "rewrite" | "arriving" | "kept" | "deliver"
>;

/** One connection through the proxy, frame by frame. */
class Link {
  readonly #client: Deno.TcpConn;
  readonly #broker: Deno.TcpConn;
  readonly #proxy: ProxyRules;
  /** Requests without an answer yet. */
  readonly #asked: { readonly apiKey: number; readonly verdict: ProxyVerdict }[] = [];
  readonly done: Promise<void>;
  #cut = false;

  constructor(
    client: Deno.TcpConn,
    broker: Deno.TcpConn,
    proxy: ProxyRules,
  ) {
    this.#client = client;
    this.#broker = broker;
    this.#proxy = proxy;
    this.done = Promise.all([
      this.#relay(client, (frame) => this.#request(frame)),
      this.#relay(broker, (frame) => this.#answer(frame)),
    ]).then(() => {});
  }

  cut(): void {
    if (this.#cut) return;
    this.#cut = true;
    closeQuietly(this.#client);
    closeQuietly(this.#broker);
  }

  async #request(frame: Buffer): Promise<void> {
    const apiKey = frame.readInt16BE(4);
    const verdict = this.#proxy.verdict(apiKey);
    if (verdict === "late" || verdict === "repeat") {
      const copy = frame.slice();
      this.#proxy.kept(() => this.#proxy.deliver(copy), apiKey);
    }
    if (verdict === "drop" || verdict === "late") return this.cut();
    await this.#proxy.arriving(apiKey);
    const pass = async () => {
      this.#asked.push({ apiKey, verdict });
      await writeAll(this.#broker, frame);
    };
    if (verdict === "overtaken") this.#proxy.kept(() => this.#unlessCut(pass), apiKey);
    else await pass();
  }

  /** A broker answers the requests of a connection in order. */
  async #answer(frame: Buffer): Promise<void> {
    const { apiKey, verdict } = this.#asked.shift() ?? { apiKey: -1, verdict: "pass" };
    this.#proxy.answered(apiKey);
    if (verdict === "lose-answer" || verdict === "repeat") return this.cut();
    if (verdict === "slow") await new Promise((resolve) => setTimeout(resolve, slowMs));
    if (verdict === "halve-answer") {
      await writeAll(this.#client, frame.subarray(0, frame.length >> 1));
      return this.cut();
    }
    const pass = () => writeAll(this.#client, this.#proxy.rewrite(apiKey, frame));
    if (verdict === "late-answer" || verdict === "repeat-answer") {
      this.#proxy.kept(() => this.#unlessCut(pass), apiKey);
    }
    if (verdict !== "late-answer") await pass();
  }

  async #unlessCut(pass: () => Promise<void>): Promise<void> {
    try {
      if (!this.#cut) await pass();
    } catch {
      this.cut();
    }
  }

  async #relay(from: Deno.TcpConn, handle: (frame: Buffer) => Promise<void>): Promise<void> {
    try {
      for await (const frame of frames(from)) await handle(frame);
    } catch {
      // The other side was cut.
    }
    this.cut();
  }
}

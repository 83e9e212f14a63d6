import WebSocket from "ws";
import { systemClock } from "../base/clock.ts";
import { messageOf } from "./message.ts";
import { retryAfterMs } from "./retry_after.ts";
import type { FeedSocket, SocketEnd, SocketListener } from "./socket.ts";

/** What is used of the package, which brings no types of its own. */
interface Ws {
  on(event: "open" | "ping" | "pong", listener: () => void): this;
  on(event: "message", listener: (data: Uint8Array) => void): this;
  on(event: "error", listener: (error: Error & { readonly code?: string }) => void): this;
  on(event: "close", listener: (code: number) => void): this;
  on(
    event: "unexpected-response",
    listener: (request: unknown, response: HandshakeAnswer) => void,
  ): this;
  readonly readyState: number;
  send(text: string): void;
  pause(): void;
  resume(): void;
  close(code: number): void;
  terminate(): void;
}

interface HandshakeAnswer {
  readonly statusCode?: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/**
 * The longest message that the socket takes, bytes; a longer one ends the connection.
 *
 * More than `frameBytesMax`, so that what is too long for a frame becomes a dead letter and the
 * frame behind it is read, and little enough to be in memory once.
 */
const messageBytesMax = 4 * 1024 * 1024;

/** Parts of one message. Finnhub sends each in one; a proxy cuts it into a few. */
const fragmentsMax = 64;

const openState = 1;
const normalClosure = 1000;

/**
 * Connects with the npm package `ws`: unlike the built-in WebSocket it reports the HTTP status of a
 * refused handshake, and can stop reading.
 */
export function openWebSocket(url: string, listener: SocketListener): FeedSocket {
  const ws: Ws = new WebSocket(url, {
    maxPayload: messageBytesMax,
    maxFragments: fragmentsMax,
    perMessageDeflate: false,
    skipUTF8Validation: true, // `messageOf` looks, and need not end the connection
  });
  const ended = endOf(ws);
  ws.on("open", () => listener.opened());
  ws.on("message", (data) => listener.received(messageOf(data)));
  ws.on("ping", () => listener.controlled());
  ws.on("pong", () => listener.controlled());
  return {
    ended,
    send: (text) => {
      if (ws.readyState === openState) ws.send(text);
    },
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    close: () => ws.close(normalClosure),
    terminate: () => ws.terminate(),
  };
}

/** The first thing that ends it counts: what follows is only its aftermath. */
function endOf(ws: Ws): Promise<SocketEnd> {
  const { promise, resolve } = Promise.withResolvers<SocketEnd>();
  let isOpen = false;
  let problem = "";
  ws.on("open", () => isOpen = true);
  ws.on("unexpected-response", (_request, { statusCode = 0, headers }) => {
    const waitMs = retryAfterMs(headers["retry-after"] ?? "", systemClock.nowMs());
    resolve({ kind: "refused", status: statusCode, retryAfterMs: waitMs });
    ws.terminate();
  });
  ws.on("error", (error) => {
    problem ||= error.message || error.code || error.name;
    ws.terminate(); // a server that breaks the protocol could keep the goodbye waiting
  });
  ws.on("close", (code) => {
    resolve(isOpen ? { kind: "closed", code, problem } : { kind: "unreachable", problem });
  });
  return promise;
}

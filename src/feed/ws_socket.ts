import { isIP } from "node:net";
import { connect } from "node:tls";
import WebSocket from "ws";
import { systemClock } from "../base/clock.ts";
import { withoutBrackets } from "../base/host.ts";
import { certificateFault, certificateProblem, toldApart } from "../base/tls_fault.ts";
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

const tlsPort = 443;
const checks = {
  authority:
    "DENO_CERT names a PEM file of one's own, DENO_TLS_CA_STORE=system takes the machine's",
  host: "check FINHUB_API_URL",
};

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
  const ended = endOf(ws, new URL(url));
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
function endOf(ws: Ws, url: URL): Promise<SocketEnd> {
  const { promise, resolve } = Promise.withResolvers<SocketEnd>();
  let isOpen = false;
  let problem = "";
  let fault: Error | undefined;
  ws.on("open", () => isOpen = true);
  ws.on("unexpected-response", (_request, { statusCode = 0, headers }) => {
    const waitMs = retryAfterMs(headers["retry-after"] ?? "", systemClock.nowMs());
    resolve({ kind: "refused", status: statusCode, retryAfterMs: waitMs });
    ws.terminate();
  });
  ws.on("error", (error) => {
    fault ??= error;
    problem ||= error.message || error.code || error.name;
    ws.terminate(); // a server that breaks the protocol could keep the goodbye waiting
  });
  ws.on("close", (code) => {
    if (isOpen) resolve({ kind: "closed", code, problem });
    else {void certificateOf(url, fault).then((refused) => {
        resolve({ kind: "unreachable", problem: refused ?? problem });
      });}
  });
  return promise;
}

/** What is wrong with the server's certificate, in words; `undefined` where that is not why. */
async function certificateOf({ hostname, port }: URL, error: unknown): Promise<string | undefined> {
  const target = { host: withoutBrackets(hostname), port: Number(port || tlsPort) };
  const told = await toldApart(
    error,
    systemClock.nowMs(),
    (shown) => connect({ ...target, ...serverName(target.host), rejectUnauthorized: false }, shown),
  );
  const fault = certificateFault(told);
  return fault === undefined ? undefined : `its certificate ${certificateProblem(fault, checks)}`;
}

function serverName(host: string): { readonly servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

/** Node's requests and answers as those of the web, and what is no request at all. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Connections } from "../admission/connections.ts";
import type { Client, RequestHandler } from "./context.ts";
import { withUsualHeaders } from "./front.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { problemResponse } from "../response.ts";

/** Longest body of a request, bytes: the form with the token. */
const bodyBytesMax = 4_096;

/** A name, or an address in brackets, and a port: nothing that a URL would read as another part. */
const hostForm = /^(?:\[[\da-f:.]+\]|[^\s/?#@\\:[\]]+)(?::\d{1,5})?$/i;

/** One request and what becomes of it. */
export interface Exchange {
  readonly received: IncomingMessage;
  readonly reply: ServerResponse;
  readonly handler: RequestHandler;
  readonly metrics: Metrics;
  readonly connections: Connections;
  readonly onSent: ((client: Client, bytes: number) => void) | undefined;
}

/** Answers a request; never rejects. */
export async function exchange(parts: Exchange): Promise<void> {
  const { received, reply, handler, metrics } = parts;
  try {
    const request = await requestOf(received);
    const response = request instanceof Request
      ? await handler(request, clientOf(received))
      : refused(request.status, request.detail, metrics);
    await send(response, parts);
  } catch {
    reply.destroy(); // the client has left, or the answer broke off
  }
}

/**
 * Answers bytes that are no request, and requests that never ended. Counted, never shown: they are
 * the client's.
 */
export function refuseBytes(error: Error, socket: Duplex, metrics: Metrics): void {
  const code = codeOf(error);
  if (!socket.writable || code === "ECONNRESET") return void socket.destroy();
  const [status, detail] = isTimeout(error)
    ? [408, "the request did not come to its end"] as const
    : code === "HPE_HEADER_OVERFLOW"
    ? [431, "the header is too long"] as const
    : [400, "that is not HTTP/1.1"] as const;
  const { statusText, headers } = refused(status, detail, metrics);
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(
    `HTTP/1.1 ${status} ${statusText}\r\n${lines}content-length: 0\r\nconnection: close\r\n\r\n`,
    () => socket.destroy(),
  );
}

/** Whether a request did not come to its end in time. */
export function isTimeout(error: Error): boolean {
  return codeOf(error) === "ERR_HTTP_REQUEST_TIMEOUT";
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}

interface Refusal {
  readonly status: number;
  readonly detail: string;
}

function refused(status: number, detail: string, metrics: Metrics): Response {
  metrics.http.answered("unknown", status, 0);
  return withUsualHeaders(problemResponse("", { status, detail }));
}

async function requestOf(received: IncomingMessage): Promise<Request | Refusal> {
  const { method = "", url: target = "", headersDistinct } = received;
  const [host = "", ...otherHosts] = headersDistinct["host"] ?? [];
  if (otherHosts.length > 0 || !hostForm.test(host)) {
    return { status: 400, detail: "the header host must be one name, with or without a port" };
  }
  const { isEncrypted } = clientOf(received);
  const base = `${isEncrypted ? "https" : "http"}://${host}`;
  const url = URL.parse(target.startsWith("/") ? base + target : target);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username + url.password !== "") {
    return { status: 400, detail: "the request's target must be a path" };
  }
  const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value])
  );
  const body = method === "POST" ? await bodyOf(received) : null;
  if (body === undefined) return { status: 413, detail: "the body is too long" };
  try {
    return new Request(url, { method, headers, body });
  } catch {
    return { status: 400, detail: "the request has a method or headers that are not allowed" };
  }
}

async function bodyOf(received: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of received.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return await new Blob(chunks as BlobPart[]).text();
}

function clientOf({ socket }: IncomingMessage): Client {
  return {
    address: socket.remoteAddress ?? "",
    ownAddress: socket.localAddress ?? "",
    isEncrypted: "encrypted" in socket,
  };
}

async function send(response: Response, parts: Exchange): Promise<void> {
  const { received, reply, connections, onSent } = parts;
  const headers = Object.fromEntries(response.headers);
  // What of a body has not come is not waited for.
  if (!received.complete) headers["connection"] = "close";
  if (headers["content-type"] === "text/event-stream" && response.body !== null) {
    reply.writeHead(response.status, headers);
    return await sendParts(response.body, reply);
  }
  const body = new Uint8Array(await response.arrayBuffer());
  connections.sending(received, body.length);
  onSent?.(clientOf(received), body.length);
  if (body.length > 0) headers["content-length"] = String(body.length);
  reply.writeHead(response.status, headers);
  reply.end(body);
}

async function sendParts(body: ReadableStream<Uint8Array>, reply: ServerResponse): Promise<void> {
  const reader = body.getReader();
  const left = Promise.withResolvers<void>();
  reply.once("close", () => {
    left.resolve();
    void reader.cancel().catch(() => {});
  });
  reply.flushHeaders();
  while (true) {
    const { done, value } = await reader.read();
    if (done) break;
    if (reply.write(value)) continue;
    const drained = Promise.withResolvers<void>();
    reply.once("drain", drained.resolve);
    await Promise.race([drained.promise, left.promise]);
  }
  reply.end();
}

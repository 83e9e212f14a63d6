import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { PipelineError } from "../../base/errors.ts";
import { withoutBrackets } from "../../base/host.ts";
import type { Logger } from "../../base/logger.ts";
import { Connections } from "../admission/connections.ts";
import type { Client, RequestHandler } from "./context.ts";
import { exchange, isTimeout, refuseBytes } from "./exchange.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Turns } from "../admission/turns.ts";

/** How long answers under way may take at the end, ms; a client that does not read gets no more. */
const drainMs = 1_000;

/** How long a client may take from its connection, or its last answer, to a whole header, ms. */
const headersMsMax = 10_000;

/** How long until all of a request is here, ms: bodies are for the token of the page alone. */
const requestMsMax = 15_000;

/** How long a connection may stay without a request, and how long one may take nothing, ms. */
const idleMsMax = 30_000;
const stuckMsMax = 60_000;

/** How often these are looked at, ms. */
const lookMs = 1_000;

/** Open connections; the system's limit of open files is never reached by them. */
const connectionsMax = 2_000;

/** Clients that stand in the system's line: one that finds it full tries again only after a second. */
const lineMax = connectionsMax;

/** Whether a program lives is answered before everything else. */
const healthForm = /^\/(?:livez|readyz)$/;

/** What a server shows its clients, as PEM texts. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
}

/** Where to listen, and with what certificate. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly tls?: ServerTls | undefined;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How requests are answered. */
export interface Answering {
  readonly handler: RequestHandler;
  readonly turns: Turns;
  /** Is told how long each answer is, streams excepted. */
  readonly onSent?: (client: Client, bytes: number) => void;
}

/** A server that listens. Disposing it ends the streams and lets other answers finish, for 1 s. */
export interface HttpServer extends AsyncDisposable {
  /** Where a browser finds it, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Shows another certificate, which must fit its key, from the next connection on. */
  renew(tls: ServerTls): void;
}

/**
 * Starts to listen.
 *
 * Node's server and not Deno's, which waits for half a request for ever and cannot cut a
 * connection: see docs/adr/0023-http-server.md.
 *
 * @throws {PipelineError} `CONFIG_INVALID` when host and port cannot be listened on.
 */
export async function listen(
  options: ListenOptions,
  { handler, turns, onSent }: Answering,
): Promise<HttpServer> {
  const { host, port, tls, metrics, clock, logger } = options;
  const limits = {
    headersTimeout: headersMsMax,
    requestTimeout: requestMsMax,
    keepAliveTimeout: idleMsMax,
    connectionsCheckingInterval: lookMs,
    requireHostHeader: false, // answered by us, as a wrong one is
  };
  const server = tls === undefined
    ? createServer(limits)
    : createTlsServer({ ...limits, ...tls, handshakeTimeout: headersMsMax });
  server.maxConnections = connectionsMax;
  server.timeout = stuckMsMax;
  const connections = new Connections(clock);
  server.on("connection", (socket) => {
    connections.opened(socket);
    turns.connected();
  });
  server.on("clientError", (error, socket) => {
    const { remoteAddress = "" } = socket as Socket;
    const refuse = () => refuseBytes(error, socket, metrics);
    // What took too long is found all at once.
    if (isTimeout(error)) turns.begin(remoteAddress, refuse);
    else refuse();
  });
  server.on("tlsClientError", () => {}); // the connection is closed
  const take = (received: IncomingMessage, reply: ServerResponse) => {
    connections.asked(received, reply);
    const { remoteAddress = "" } = received.socket;
    const urgency = healthForm.test(received.url ?? "") ? "urgent" : "usual";
    const parts = { received, reply, handler, metrics, connections, onSent };
    turns.begin(remoteAddress, () => void exchange(parts), urgency);
  };
  server.on("request", take);
  server.on("checkExpectation", take); // what a client expects changes no answer
  await bound(server, host, port);
  const address = server.address() as AddressInfo;
  logger.debug("http surface listens", { host, port: address.port });
  return {
    url: `${tls === undefined ? "http" : "https"}://${
      browserHost(address.address)
    }:${address.port}`,
    port: address.port,
    renew: (renewed) => (server as TlsServer).setSecureContext({ ...renewed }),
    async [Symbol.asyncDispose]() {
      await drain(server, connections, clock);
      await Promise.all([connections.settled(), turns.settled()]);
    },
  };
}

async function bound(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ host: withoutBrackets(host), port, backlog: lineMax }, resolve);
  try {
    await promise;
  } catch (error) {
    throw new PipelineError(
      "CONFIG_INVALID",
      `Cannot serve HTTP as HTTP_HOST and HTTP_PORT must name a free address: ${host}:${port}`,
      { cause: error, context: { host, port } },
    );
  }
}

/** Lets answers under way finish, for a second; then every connection is cut. */
async function drain(server: Server, connections: Connections, clock: Clock): Promise<void> {
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  connections.cutIdle();
  const drained = new AbortController();
  const late = clock.sleep(drainMs, drained.signal).then(() => connections.cutAll(), () => {});
  await closed.promise;
  drained.abort();
  await late;
}

/** An address that means "every interface" is reached as localhost; IPv6 needs brackets. */
function browserHost(address: string): string {
  if (address === "0.0.0.0" || address === "::" || address === "127.0.0.1") return "localhost";
  return address.includes(":") ? `[${address}]` : address;
}

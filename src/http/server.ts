import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { PipelineError } from "../base/errors.ts";
import { EventHub } from "./event_hub.ts";
import type { Metrics } from "./metrics.ts";
import type { LiveView } from "./ports.ts";
import { handleRequest } from "./router.ts";

/** How long answers under way may take at the end, ms; a client that does not read gets no more. */
const drainMs = 1_000;

/** Where to listen and what to show. */
export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly view: LiveView;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A server that listens. Disposing it ends the streams and lets other answers finish, for 1 s. */
export interface HttpServer extends AsyncDisposable {
  /** Where a browser finds it, without a trailing slash. */
  readonly url: string;
  readonly port: number;
}

/**
 * Starts the HTTP surface.
 *
 * @throws {PipelineError} `CONFIG_INVALID` when host and port cannot be listened on.
 */
export function serveHttp(options: HttpServerOptions): HttpServer {
  const { view, metrics, clock, logger } = options;
  const events = new EventHub({ view, clock, logger });
  const context = { view, metrics, events, clock, logger };
  metrics.http.countClients(() => events.clientCount);
  const stop = new AbortController();
  const server = listen(options, (request) => handleRequest(request, context));
  const telling = events.run(stop.signal);
  const { hostname, port } = server.addr;
  return {
    url: `http://${browserHost(hostname)}:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      stop.abort();
      events.close();
      await Promise.all([telling, drain(server, clock)]);
    },
  };
}

/**
 * Lets answers under way finish. A connection that nobody reads is left behind: Deno cannot cut
 * it once it drains, and it ends with the process.
 */
async function drain(server: Deno.HttpServer<Deno.NetAddr>, clock: Clock): Promise<void> {
  const drained = new AbortController();
  const waiting = clock.sleep(drainMs, drained.signal).catch(() => {});
  await Promise.race([server.shutdown(), waiting]);
  drained.abort();
  await waiting;
}

function listen(
  { host, port, logger }: HttpServerOptions,
  handler: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({
      hostname: host,
      port,
      onListen: () => logger.debug("http surface listens", { host, port }),
    }, handler);
  } catch (error) {
    throw new PipelineError(
      "CONFIG_INVALID",
      `Cannot serve HTTP as HTTP_HOST and HTTP_PORT must name a free address: ${host}:${port}`,
      { cause: error, context: { host, port } },
    );
  }
}

/** An address that means "every interface" is reached as localhost; IPv6 needs brackets. */
function browserHost(hostname: string): string {
  if (hostname === "0.0.0.0" || hostname === "::" || hostname === "127.0.0.1") return "localhost";
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

import type { Clock } from "../base/clock.ts";
import { PipelineError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";

/** How long answers under way may take at the end, ms; a client that does not read gets no more. */
const drainMs = 1_000;

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly logger: Logger;
}

/** A server that listens. Disposing it ends the streams and lets other answers finish, for 1 s. */
export interface HttpServer extends AsyncDisposable {
  /** Where a browser finds it, without a trailing slash. */
  readonly url: string;
  readonly port: number;
}

/** Where a browser finds a server. */
export function urlOf({ addr: { hostname, port } }: Deno.HttpServer<Deno.NetAddr>): string {
  return `http://${browserHost(hostname)}:${port}`;
}

/**
 * Lets answers under way finish. A connection without a reader is left behind: Deno cannot cut
 * it once it drains, and it ends with the process.
 */
export async function drain(server: Deno.HttpServer<Deno.NetAddr>, clock: Clock): Promise<void> {
  const drained = new AbortController();
  const waiting = clock.sleep(drainMs, drained.signal).catch(() => {});
  await Promise.race([server.shutdown(), waiting]);
  drained.abort();
  await waiting;
}

/**
 * Starts to listen.
 *
 * @throws {PipelineError} `CONFIG_INVALID` when host and port cannot be listened on.
 */
export function listen(
  { host, port, logger }: ListenOptions,
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

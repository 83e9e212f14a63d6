import { Access, type AccessOptions } from "./access.ts";
import { EventHub } from "./event_hub.ts";
import type { LiveView } from "./ports.ts";
import { type HttpServer, listen, type ListenOptions } from "./listen.ts";
import { handleRequest } from "./router.ts";
import { askByFetch } from "./within.ts";

/** Where to listen, what to show, and to whom. */
export interface HttpServerOptions extends ListenOptions {
  readonly view: LiveView;
  readonly access?: AccessOptions;
}

/**
 * Starts the HTTP surface.
 *
 * @throws {PipelineError} `CONFIG_INVALID` when host and port cannot be listened on.
 */
export async function serveHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { view, metrics, clock, logger } = options;
  const ask = askByFetch;
  const access = new Access(options.access);
  const events = new EventHub({ view, ask, clock, logger });
  const context = { view, metrics, events, ask, clock, logger, access };
  const server = await listen(
    options,
    (request, client) => handleRequest(request, client, context),
  );
  metrics.http.countClients(() => events.clientCount);
  const stop = new AbortController();
  const telling = events.run(stop.signal);
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      stop.abort();
      events.close();
      await Promise.all([telling, server[Symbol.asyncDispose]()]);
    },
  };
}

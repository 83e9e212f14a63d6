import type { Clock } from "../base/clock.ts";
import { EventHub } from "./event_hub.ts";
import type { Metrics } from "./metrics.ts";
import type { LiveView } from "./ports.ts";
import { drain, type HttpServer, listen, type ListenOptions, urlOf } from "./listen.ts";
import { handleRequest } from "./router.ts";
import { askByFetch } from "./within.ts";

/** Where to listen and what to show. */
export interface HttpServerOptions extends ListenOptions {
  readonly view: LiveView;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/**
 * Starts the HTTP surface.
 *
 * @throws {PipelineError} `CONFIG_INVALID` when host and port cannot be listened on.
 */
export function serveHttp(options: HttpServerOptions): HttpServer {
  const { view, metrics, clock, logger } = options;
  const ask = askByFetch;
  const events = new EventHub({ view, ask, clock, logger });
  const context = { view, metrics, events, ask, clock, logger };
  metrics.http.countClients(() => events.clientCount);
  const stop = new AbortController();
  const server = listen(options, (request) => handleRequest(request, context));
  const telling = events.run(stop.signal);
  return {
    url: urlOf(server),
    port: server.addr.port,
    async [Symbol.asyncDispose]() {
      stop.abort();
      events.close();
      await Promise.all([telling, drain(server, clock)]);
    },
  };
}

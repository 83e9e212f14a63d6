import type { Clock } from "../base/clock.ts";
import { drain, type HttpServer, listen, type ListenOptions, urlOf } from "./listen.ts";
import type { Metrics } from "./metrics.ts";
import type { Health } from "./ports.ts";
import { jsonResponse, problemResponse, securityHeaders, textResponse } from "./response.ts";

/** What a program without a page shows. */
export interface OperationsOptions extends ListenOptions {
  readonly metrics: Metrics;
  readonly health: () => Health;
  readonly clock: Clock;
}

/**
 * Starts `/metrics`, `/livez` and `/readyz` for a program that has nothing else to show.
 *
 * @throws {PipelineError} `CONFIG_INVALID` when host and port cannot be listened on.
 */
export function serveOperations(options: OperationsOptions): HttpServer {
  const { metrics, clock } = options;
  const server = listen(options, async (request) => {
    const startedMs = clock.monotonicMs();
    const { pathname } = new URL(request.url);
    const response = await answer(pathname, options);
    for (const [name, value] of Object.entries(securityHeaders)) response.headers.set(name, value);
    const route = response.status === 404 ? "unknown" : pathname;
    metrics.http.answered(route, response.status, clock.monotonicMs() - startedMs);
    return response;
  });
  return {
    url: urlOf(server),
    port: server.addr.port,
    [Symbol.asyncDispose]: () => drain(server, clock),
  };
}

async function answer(
  pathname: string,
  { metrics, health }: OperationsOptions,
): Promise<Response> {
  switch (pathname) {
    case "/livez":
      return jsonResponse({ status: "alive" });
    case "/readyz":
      return readiness(pathname, health());
    case "/metrics":
      return textResponse(await metrics.render(), metrics.contentType);
    default:
      return problemResponse(pathname, {
        status: 404,
        detail: "no such page; there are /metrics, /livez and /readyz",
      });
  }
}

/** 200 while the program does its work, else 503 with what stands in the way. */
export function readiness(
  pathname: string,
  { ready, problems, notices = [] }: Health,
): Response {
  if (ready) return jsonResponse({ status: "ready", ...(notices.length === 0 ? {} : { notices }) });
  const detail = problems.length === 0 ? "not ready yet" : problems.join("; ");
  return problemResponse(pathname, { status: 503, detail, extensions: { problems } });
}

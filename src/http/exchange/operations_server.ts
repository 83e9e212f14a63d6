import { Access, type AccessOptions } from "../admission/access.ts";
import type { Client, RouteRequest } from "./context.ts";
import { answerRequest, type Route } from "./front.ts";
import { defaultQueryLimits, QueryGate } from "../admission/query_gate.ts";
import { type HttpServer, listen, type ListenOptions } from "./listen.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Health } from "../ports.ts";
import { jsonResponse, problemResponse, textResponse } from "../response.ts";
import { Turns } from "../admission/turns.ts";

/** What a program without a page shows. */
export interface OperationsOptions extends ListenOptions {
  readonly access?: AccessOptions;
  readonly health: () => Health;
}

/**
 * Starts `/metrics`, `/livez` and `/readyz` for a program that has nothing else to show.
 *
 * @throws {PipelineError} `CONFIG_INVALID` when host and port cannot be listened on.
 */
export async function serveOperations(options: OperationsOptions): Promise<HttpServer> {
  const { clock } = options;
  const turns = new Turns(clock);
  const front = {
    ...options,
    access: new Access(options.access),
    queries: new QueryGate(clock, defaultQueryLimits, turns),
    noSuchPage: "no such page; there are /metrics, /livez and /readyz",
    find: ({ pathname }: URL) => findRoute(pathname, options),
  };
  const handler = (request: Request, client: Client) => answerRequest(request, client, front);
  return await listen(options, { handler, turns });
}

function findRoute(pattern: string, { metrics, health }: OperationsOptions): Route | undefined {
  const route = {
    pattern,
    params: {},
    methods: ["GET", "HEAD"],
    isLimited: pattern === "/metrics",
  };
  switch (pattern) {
    case "/livez":
      return { ...route, isOpen: true, handle: () => jsonResponse({ status: "alive" }) };
    case "/readyz":
      return { ...route, isOpen: true, handle: (asked) => readiness(health(), asked) };
    case "/metrics":
      return { ...route, isOpen: false, handle: () => shown(metrics) };
    default:
      return undefined;
  }
}

async function shown(metrics: Metrics): Promise<Response> {
  return textResponse(await metrics.render(), metrics.contentType);
}

/** 200 while the program does its work, else 503; with what stands in the way, for the trusted. */
export function readiness(
  { ready, problems, notices = [] }: Health,
  { url: { pathname }, isTrusted }: Pick<RouteRequest, "url" | "isTrusted">,
): Response {
  const known = isTrusted ? problems : [];
  if (ready) {
    const told = isTrusted && notices.length > 0 ? { notices } : {};
    return jsonResponse({ status: "ready", ...told });
  }
  const detail = known.length === 0 ? "not ready yet" : known.join("; ");
  return problemResponse(pathname, { status: 503, detail, extensions: { problems: known } });
}

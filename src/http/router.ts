import { describeError, dispositionOf } from "../base/errors.ts";
import { type HttpContext, HttpProblem, type RouteRequest } from "./context.ts";
import type { Operation } from "./operation.ts";
import { operations } from "./operations.ts";
import { problemResponse, securityHeaders } from "./response.ts";

interface Route {
  readonly pattern: URLPattern;
  readonly operation: Operation;
}

const routes: readonly Route[] = operations.map((operation) => ({
  pattern: new URLPattern({ pathname: operation.path.replaceAll(/\{(\w+)\}/g, ":$1") }),
  operation,
}));

/**
 * Answers a request. Never throws: whatever goes wrong becomes a problem document, and an error
 * that is not the client's business is logged and answered with a bare 500.
 */
export async function handleRequest(request: Request, context: HttpContext): Promise<Response> {
  const url = new URL(request.url);
  const started = context.clock.monotonicMs();
  const { route, response } = await answer(request, url, context);
  for (const [name, value] of Object.entries(securityHeaders)) response.headers.set(name, value);
  context.metrics.http.answered(route, response.status, context.clock.monotonicMs() - started);
  return request.method === "HEAD" ? await withoutBody(response) : response;
}

async function answer(
  request: Request,
  url: URL,
  context: HttpContext,
): Promise<{ readonly route: string; readonly response: Response }> {
  const found = findRoute(url);
  const route = found?.route.pattern.pathname ?? "unknown";
  try {
    if (found === undefined) throw new HttpProblem({ status: 404, detail: "no such page" });
    refuseMethod(request.method);
    const params = decodeParams(found.groups);
    return {
      route,
      response: await found.route.operation.handle({ request, url, params }, context),
    };
  } catch (error) {
    return { route, response: problemOf(error, url, context) };
  }
}

function findRoute(
  url: URL,
): { readonly route: Route; readonly groups: Record<string, string | undefined> } | undefined {
  for (const route of routes) {
    const match = route.pattern.exec(url);
    if (match !== null) return { route, groups: match.pathname.groups };
  }
  return undefined;
}

function refuseMethod(method: string): void {
  if (method === "GET" || method === "HEAD") return;
  throw new HttpProblem({
    status: 405,
    detail: `method must be GET or HEAD: ${method}`,
    headers: { allow: "GET, HEAD" },
  });
}

function decodeParams(groups: Record<string, string | undefined>): RouteRequest["params"] {
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(groups)) {
    try {
      params[name] = decodeURIComponent(value ?? "");
    } catch {
      throw new HttpProblem({ status: 400, detail: `"${name}" must be percent-encoded UTF-8` });
    }
  }
  return params;
}

function problemOf(error: unknown, url: URL, { logger }: HttpContext): Response {
  if (error instanceof HttpProblem) return problemResponse(url.pathname, error.problem);
  const passing = dispositionOf(error) === "retry";
  const level = passing ? "warn" : "error";
  logger[level]("cannot answer a request", { path: url.pathname, error: describeError(error) });
  return problemResponse(
    url.pathname,
    passing
      ? {
        status: 503,
        detail: "the results cannot be read for the moment",
        headers: { "retry-after": "5" },
      }
      : { status: 500, detail: "the answer failed; the log says why" },
  );
}

async function withoutBody(response: Response): Promise<Response> {
  await response.body?.cancel();
  return new Response(null, { status: response.status, headers: response.headers });
}

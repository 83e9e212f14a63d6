import type { Clock } from "../../base/clock.ts";
import { describeError, dispositionOf } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Access } from "../admission/access.ts";
import type { Client, RouteRequest } from "./context.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { QueryGate } from "../admission/query_gate.ts";
import { HttpProblem, problemResponse, securityHeaders } from "../response.ts";

/** What answers requests for one path. */
export interface Route {
  /** Its pattern: what requests are counted by. */
  readonly pattern: string;
  /** Answers those, too, that have not shown the token. */
  readonly isOpen: boolean;
  /** Costs time: an address may ask for so much of it and no more. */
  readonly isLimited: boolean;
  readonly methods: readonly string[];
  readonly params: RouteRequest["params"];
  handle(asked: RouteRequest): Response | Promise<Response>;
}

/** What a front works with. */
export interface FrontOptions {
  readonly access: Access;
  readonly queries: QueryGate;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The route of a path, if there is one. */
  readonly find: (url: URL) => Route | undefined;
  /** What a client is told of a path that is none. */
  readonly noSuchPage: string;
}

/**
 * Answers a request: what every server checks before, and adds to an answer, stands here.
 *
 * Never throws: whatever goes wrong becomes a problem document, and an error that is not the
 * client's business is logged and answered with a bare 500. Each request is a line of the log at
 * level debug, without its query.
 */
export async function answerRequest(
  request: Request,
  client: Client,
  options: FrontOptions,
): Promise<Response> {
  const { clock, metrics, logger } = options;
  const started = clock.monotonicMs();
  const url = new URL(request.url);
  const { pattern, response } = await routed(request, url, client, options);
  const ms = clock.monotonicMs() - started;
  withUsualHeaders(response);
  const { method } = request;
  const { status } = response;
  metrics.http.answered(pattern, status, ms);
  logger.debug("Answered", {
    client: client.address,
    method,
    path: url.pathname,
    status,
    ms: Math.round(ms),
  });
  return method === "HEAD" ? await withoutBody(response) : response;
}

/** Adds what every answer has. */
export function withUsualHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(securityHeaders)) response.headers.set(name, value);
  return response;
}

async function routed(
  request: Request,
  url: URL,
  client: Client,
  { access, queries, find, logger, noSuchPage }: FrontOptions,
): Promise<{ readonly pattern: string; readonly response: Response }> {
  let pattern = "unknown";
  try {
    if (!access.serves(url.hostname, client.ownAddress)) throw misdirected(url.hostname);
    const route = find(url);
    if (route === undefined) throw new HttpProblem({ status: 404, detail: noSuchPage });
    pattern = route.pattern;
    refuseMethod(request.method, route.methods);
    const isTrusted = access.admits(request);
    if (!isTrusted && !route.isOpen) throw unauthorized();
    const { params } = route;
    const handle = () => route.handle({ request, url, params, client, isTrusted });
    const isRationed = route.isLimited && !access.isMember(request);
    const response = isRationed ? queries.pass(client.address, handle) : handle();
    return { pattern, response: await response };
  } catch (error) {
    return { pattern, response: problemOf(error, url, logger) };
  }
}

function misdirected(hostname: string): HttpProblem {
  const name = hostname.slice(0, 80);
  const detail = `"${name}" is not a name of this server: HTTP_ALLOWED_HOSTS lists further ones`;
  return new HttpProblem({ status: 421, detail });
}

function unauthorized(): HttpProblem {
  return new HttpProblem({
    status: 401,
    detail: "the token must be sent as authorization: Bearer; a browser logs in at /",
    headers: { "www-authenticate": "Bearer" },
  });
}

function refuseMethod(method: string, methods: readonly string[]): void {
  if (methods.includes(method)) return;
  const allow = methods.join(", ");
  throw new HttpProblem({
    status: 405,
    detail: `method must be ${methods.join(" or ")}: ${method.slice(0, 20)}`,
    headers: { allow },
  });
}

function problemOf(error: unknown, { pathname }: URL, logger: Logger): Response {
  if (error instanceof HttpProblem) return problemResponse(pathname, error.problem);
  const isTransient = dispositionOf(error) === "retry";
  const level = isTransient ? "warn" : "error";
  logger[level]("cannot answer a request", { path: pathname, error: describeError(error) });
  if (!isTransient) {
    return problemResponse(pathname, {
      status: 500,
      detail: "the answer failed; the log says why",
    });
  }
  return problemResponse(pathname, {
    status: 503,
    detail: "the results cannot be read for the moment",
    headers: { "retry-after": "5" },
  });
}

async function withoutBody(response: Response): Promise<Response> {
  await response.body?.cancel();
  return new Response(null, { status: response.status, headers: response.headers });
}

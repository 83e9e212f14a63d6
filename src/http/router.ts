import { HttpProblem } from "./response.ts";
import type { Client, HttpContext, RouteRequest } from "./context.ts";
import { answerRequest, type Route } from "./front.ts";
import { logIn } from "./handlers/log_in.ts";
import type { Operation } from "./operation.ts";
import { operations } from "./operations.ts";

interface Pattern {
  readonly pattern: URLPattern;
  readonly operation: Operation;
}

const patterns: readonly Pattern[] = operations.map((operation) => ({
  pattern: new URLPattern({ pathname: operation.path.replaceAll(/\{(\w+)\}/g, ":$1") }),
  operation,
}));

/** Answers a request to the surface of `start` and `process`; never throws. */
export async function handleRequest(
  request: Request,
  client: Client,
  context: HttpContext,
): Promise<Response> {
  return await answerRequest(request, client, {
    ...context,
    noSuchPage: "no such page",
    find: (url) => url.pathname === "/login" ? logIn(context) : findRoute(url, context),
  });
}

function findRoute(url: URL, context: HttpContext): Route | undefined {
  for (const { pattern, operation } of patterns) {
    const match = pattern.exec(url);
    if (match === null) continue;
    return {
      pattern: pattern.pathname,
      isOpen: operation.isOpen === true,
      isLimited: operation.isLimited === true,
      methods: ["GET", "HEAD"],
      params: decodeParams(match.pathname.groups),
      handle: (asked) => operation.handle(asked, context),
    };
  }
  return undefined;
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

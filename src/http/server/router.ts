import { HttpProblem } from "../response.ts";
import type { Client, HttpContext, RouteRequest } from "../exchange/context.ts";
import { answerRequest, type Route } from "../exchange/front.ts";
import { logIn } from "../handlers/log_in.ts";
import type { Operation } from "../exchange/operation.ts";
import { operations } from "./operations.ts";

interface Pattern {
  /** As requests are counted by it. */
  readonly path: string;
  readonly form: RegExp;
  readonly operation: Operation;
}

/** Regular expressions: a `URLPattern` takes longer than most of what is asked for. */
const patterns: readonly Pattern[] = operations.map((operation) => ({
  path: operation.path.replaceAll(/\{(\w+)\}/g, ":$1"),
  form: formOf(operation.path),
  operation,
}));

function formOf(path: string): RegExp {
  const parts = path.split(/\{(\w+)\}/);
  const forms = parts.map((part, i) => i % 2 === 0 ? RegExp.escape(part) : `(?<${part}>[^/]+)`);
  return new RegExp(`^${forms.join("")}$`);
}

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
  for (const { path, form, operation } of patterns) {
    const match = form.exec(url.pathname);
    if (match === null) continue;
    return {
      pattern: path,
      isOpen: operation.isOpen === true,
      isLimited: operation.isLimited === true,
      methods: ["GET", "HEAD"],
      params: decodeParams(match.groups ?? {}),
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

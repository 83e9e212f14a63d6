import type { PacedWork } from "./paced_work.ts";

/**
 * Sent with every answer. The page needs nothing but itself: no other origin, no inline code.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

/** An answer as JSON, never cached. */
export function jsonResponse(body: unknown): Response {
  return textResponse(JSON.stringify(body), "application/json");
}

const encoder = new TextEncoder();

/** Items of a list that become text at once. */
const itemsAtOnce = 64;

/** An object as JSON, never cached, whose first member is a long list: made bit by bit. */
export async function jsonListResponse(
  name: string,
  items: readonly unknown[],
  rest: Readonly<Record<string, unknown>>,
  work: PacedWork,
): Promise<Response> {
  const parts: BlobPart[] = [`{${JSON.stringify(name)}:[`];
  for (let at = 0; at < items.length; at += itemsAtOnce) {
    const some = JSON.stringify(items.slice(at, at + itemsAtOnce)).slice(1, -1);
    // As bytes already: to encode all of it at the end would take as long as to make it.
    parts.push(encoder.encode(at === 0 ? some : `,${some}`));
    if (work.isLong) await work.pause();
  }
  const after = JSON.stringify(rest).slice(1);
  parts.push(after === "}" ? "]}" : `],${after}`);
  return textResponse(new Blob(parts), "application/json");
}

/** An answer of a given type, never cached. */
export function textResponse(body: string | Blob, contentType: string): Response {
  return new Response(body, {
    headers: { "content-type": contentType, "cache-control": "no-store" },
  });
}

/** An error as the client sees it. */
export interface Problem {
  readonly status: number;
  readonly detail: string;
  /** Further members, for programs. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ends a handler early with an answer for the client. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  421: "Misdirected Request",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/**
 * An error as `application/problem+json`.
 *
 * @param instance Path of the request that failed.
 * @see RFC 9457; `type` is `about:blank`, so `title` is the phrase of the status.
 */
export function problemResponse(instance: string, problem: Problem): Response {
  const { status, detail, extensions } = problem;
  const title = titles[status] ?? "Error";
  const body = { type: "about:blank", title, status, detail, instance, ...extensions };
  return new Response(JSON.stringify(body), {
    status,
    statusText: title,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...problem.headers,
    },
  });
}

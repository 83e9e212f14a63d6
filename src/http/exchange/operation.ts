import type { Handler, HttpContext, RouteRequest } from "./context.ts";
import { type Parameters, type Query, readQuery } from "../parameters.ts";
import { count, list, object, type Schema, text } from "../schema.ts";

/** An answer that a client must expect. */
export interface Answer {
  readonly description: string;
  /** Media type; none where there is no body. */
  readonly type?: string;
  readonly schema?: Schema;
  /** Headers that only this answer has, with what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers by status. */
export type Answers = Readonly<Record<number, Answer>>;

/** One path of the HTTP surface: what is routed, read, answered and documented. */
export interface Operation {
  /** With its variable parts in braces, each the name of a member of `params`. */
  readonly path: string;
  /** Name for generated clients. */
  readonly id: string;
  /** One sentence. */
  readonly summary: string;
  /** Answers those, too, that have not shown the token. */
  readonly isOpen?: true;
  /** Costs time: answered with 429 where an address asks for too much of it. */
  readonly isLimited?: true;
  readonly query: Parameters;
  readonly answers: Answers;
  readonly handle: Handler;
}

/** An operation whose handler gets its parameters read. */
export function operation<P extends Parameters>(
  definition: Omit<Operation, "query" | "handle"> & {
    readonly query: P;
    readonly handle: (
      query: Query<P>,
      context: HttpContext,
      route: RouteRequest,
    ) => Response | Promise<Response>;
  },
): Operation {
  const { query, handle } = definition;
  return {
    ...definition,
    handle: (route, context) => handle(readQuery(route.url.searchParams, query), context, route),
  };
}

/** An answer in JSON. */
export function jsonAnswer(description: string, schema: Schema): Answer {
  return { description, type: "application/json", schema };
}

/** @see RFC 9457 */
const problemMembers = {
  type: { type: "string", const: "about:blank" },
  title: text("phrase of the status"),
  status: count(),
  detail: text("what is wrong, for a person"),
  instance: text("path of the request"),
} as const;

/** An error as a problem document. */
export function problemAnswer(description: string, headers?: Answer["headers"]): Answer {
  const schema = object<Record<keyof typeof problemMembers, unknown>>(problemMembers);
  const type = "application/problem+json";
  return { description, type, schema, ...(headers === undefined ? {} : { headers }) };
}

/** A problem document that lists what stands in the way. */
export function problemsAnswer(description: string): Answer {
  const schema = object({ ...problemMembers, problems: list(text()) });
  return { description, type: "application/problem+json", schema };
}

/** The query is wrong. */
export const badQuery: Answer = problemAnswer("everything that is wrong with the query");

/** What is needed is not there for the moment. */
export function unavailable(description: string): Answer {
  return problemAnswer(description, { "retry-after": "seconds to wait before asking again" });
}

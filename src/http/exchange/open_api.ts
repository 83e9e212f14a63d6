import denoJson from "../../../deno.json" with { type: "json" };
import {
  type Answer,
  type Answers,
  type Operation,
  problemAnswer,
  unavailable,
} from "./operation.ts";
import type { Parameter } from "../parameters.ts";
import { securityHeaders } from "../response.ts";
import { type Schema, text } from "../schema.ts";

/** An OpenAPI 3.1 document, as far as programs of this repository look into it. */
export interface OpenApiDocument {
  readonly openapi: "3.1.1";
  readonly info: Schema;
  readonly paths: Readonly<Record<string, { readonly get: OpenApiOperation }>>;
  readonly components: Schema;
  /** The token, where the server has one. */
  readonly security: readonly Schema[];
}

/** An operation in it. */
export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly OpenApiParameter[];
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
}

/** A parameter in it. */
export interface OpenApiParameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly required: boolean;
  readonly schema: Schema;
}

/** An answer in it. */
export interface OpenApiResponse {
  readonly description: string;
  readonly headers: Readonly<Record<string, Schema>>;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

const description = "What `start` and `process` answer. HEAD is answered as GET, without a body; " +
  "other methods with 405. Times are epoch milliseconds, errors problem documents (RFC 9457).";

/** Describes operations: what is routed and validated by them is what is written here. */
export function openApiDocument(operations: readonly Operation[]): OpenApiDocument {
  return {
    openapi: "3.1.1",
    info: {
      title: "Market data",
      version: denoJson.version,
      description,
      license: { name: denoJson.license, identifier: denoJson.license },
    },
    paths: Object.fromEntries(
      operations.map((operation) => [operation.path, { get: operationOf(operation) }]),
    ),
    components: {
      headers: commonHeaders(),
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
    security: [{ token: [] }, {}],
  };
}

function operationOf(operation: Operation): OpenApiOperation {
  const { path, id, summary, query, answers } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]): OpenApiParameter => (
    { name, in: "path", required: true, schema: text() }
  ));
  const inQuery = Object.entries(query).map(([name, parameter]) => queryOf(name, parameter));
  const all = Object.entries({
    ...usualAnswers(operation),
    ...answers,
    default: problemAnswer("an error"),
  });
  return {
    operationId: id,
    summary,
    parameters: [...inPath, ...inQuery],
    responses: Object.fromEntries(all.map(([status, answer]) => [status, responseOf(answer)])),
  };
}

/** What every operation may answer. */
function usualAnswers({ isOpen, isLimited }: Operation): Answers {
  const usual = { 421: problemAnswer("the request is for a name that is none of this server's") };
  const closed = isOpen ? usual : { ...usual, 401: unauthorized };
  return isLimited ? { ...closed, 429: unavailable("too many queries from this address") } : closed;
}

const unauthorized = problemAnswer("the token is missing, or is another", {
  "www-authenticate": "Bearer",
});

function queryOf(name: string, { schema, required = false }: Parameter<unknown>): OpenApiParameter {
  return { name, in: "query", required, schema };
}

function responseOf({ description, type, schema = {}, headers = {} }: Answer): OpenApiResponse {
  const own = Object.entries(headers).map(([name, description]) => [
    name,
    { description, required: true, schema: text() },
  ]);
  const common = Object.keys(commonHeaders()).map((name) => [
    name,
    { $ref: `#/components/headers/${name}` },
  ]);
  return {
    description,
    headers: Object.fromEntries([...own, ...common]),
    ...(type === undefined ? {} : { content: { [type]: { schema } } }),
  };
}

/** What every answer has. */
function commonHeaders(): Record<string, Schema> {
  const fixed = Object.entries(securityHeaders).map(([name, value]) => [
    name,
    { required: true, schema: { type: "string", const: value } },
  ]);
  return {
    "cache-control": { required: true, schema: text("how long an answer may be kept") },
    ...Object.fromEntries(fixed),
  };
}

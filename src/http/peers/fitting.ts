import type { Schema } from "../schema.ts";

/** Longest text that is taken from another instance, characters. */
const textCharsMax = 4_096;

/**
 * The part of a JSON value that a schema knows, with nothing added; `undefined` where the value does
 * not fit. Members that the schema lacks are left out, so that a later version may have more.
 *
 * Knows what `schema.ts` makes; numbers must be finite, and texts short.
 */
export function fitting<T>(schema: Schema, value: unknown): T | undefined {
  return fit(schema, value) as T | undefined;
}

function fit(schema: Schema, value: unknown): unknown {
  const { anyOf } = schema as { readonly anyOf?: readonly Schema[] };
  if (anyOf !== undefined) return value === null ? null : fit(anyOf[0] ?? {}, value);
  switch (schema["type"]) {
    case "object":
      return fitObject(schema["properties"] as Readonly<Record<string, Schema>>, value);
    case "array":
      return fitList(schema["items"] as Schema, value);
    case "string":
      return isText(schema, value) ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    default:
      return isNumber(schema, value) ? value : undefined;
  }
}

function fitObject(members: Readonly<Record<string, Schema>>, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const given = value as Readonly<Record<string, unknown>>;
  const found: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(members)) {
    if (!Object.hasOwn(given, name)) return undefined;
    found[name] = fit(schema, given[name]);
    if (found[name] === undefined) return undefined;
  }
  return found;
}

function fitList(items: Schema, value: unknown): unknown {
  if (!Array.isArray(value)) return undefined;
  const found = value.map((item) => fit(items, item));
  return found.includes(undefined) ? undefined : found;
}

function isText({ enum: values, pattern }: Schema, value: unknown): boolean {
  if (typeof value !== "string" || value.length > textCharsMax) return false;
  if (Array.isArray(values)) return values.includes(value);
  return typeof pattern !== "string" || new RegExp(pattern).test(value);
}

function isNumber(schema: Schema, value: unknown): value is number {
  const { type, minimum = -Infinity, maximum = Infinity } = schema as {
    readonly type?: unknown;
    readonly minimum?: number;
    readonly maximum?: number;
  };
  const isOfType = type === "integer" ? Number.isSafeInteger : Number.isFinite;
  return isOfType(value) && (value as number) >= minimum && (value as number) <= maximum;
}

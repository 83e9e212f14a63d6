/** JSON Schemas (draft 2020-12) of what the HTTP surface takes and gives. */

/** A JSON Schema, as OpenAPI 3.1 has it. */
export type Schema = Readonly<Record<string, unknown>>;

/** An object with exactly the members of a type. */
export function object<T>(members: { readonly [Name in keyof Required<T>]: Schema }): Schema {
  return {
    type: "object",
    properties: members,
    required: Object.keys(members),
    additionalProperties: false,
  };
}

export function list(items: Schema, description?: string): Schema {
  return { type: "array", items, ...described(description) };
}

export function text(description?: string): Schema {
  return { type: "string", ...described(description) };
}

export function number(description?: string): Schema {
  return { type: "number", ...described(description) };
}

export function count(description?: string): Schema {
  return { type: "integer", minimum: 0, ...described(description) };
}

export function flag(description?: string): Schema {
  return { type: "boolean", ...described(description) };
}

/** The last moment that a date can name, epoch ms. */
const endOfTimeMs = 8.64e15;

/** A moment in epoch milliseconds. */
export function time(description: string): Schema {
  const maximum = endOfTimeMs;
  return { type: "integer", maximum, description: `${description}, epoch milliseconds` };
}

export function oneOf(values: readonly string[], description?: string): Schema {
  return { type: "string", enum: values, ...described(description) };
}

/** What may be `null`, too. */
export function nullable({ description, ...schema }: Schema): Schema {
  return { anyOf: [schema, { type: "null" }], ...described(description) };
}

function described(description: unknown): Schema {
  return description === undefined ? {} : { description };
}

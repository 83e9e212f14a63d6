/**
 * Validators of JSON Schema, OpenAPI and AsyncAPI, seen through the few things that are used of them.
 *
 * Their names are not literals, because only this folder's deno.json knows them: whoever runs the
 * pipeline need not download twelve megabytes of them.
 */

/** Says whether a value fits a schema, and why not. */
export interface Check {
  (value: unknown): boolean;
  readonly errors?: readonly unknown[] | null;
}

interface Ajv {
  compile(schema: unknown): Check;
}

interface OpenApiValidator {
  validate(
    document: unknown,
  ): Promise<{ readonly valid: boolean; readonly errors?: unknown }>;
}

async function imported<T>(name: string): Promise<T> {
  return await import(name);
}

const { Ajv2020 } = await imported<
  { readonly Ajv2020: new (options: object) => Ajv }
>(
  "ajv/dist/2020.js",
);
const { Ajv: Ajv7 } = await imported<
  { readonly Ajv: new (options: object) => Ajv }
>(
  "ajv/dist/ajv.js",
);
const { Validator } = await imported<
  { readonly Validator: new () => OpenApiValidator }
>(
  "@seriousme/openapi-schema-validator",
);

/** Compiles a schema as OpenAPI 3.1 has it (draft 2020-12). */
export function checkOf(schema: unknown): Check {
  return new Ajv2020({ strict: true, strictTypes: false, allErrors: true })
    .compile(schema);
}

/** What is wrong with an OpenAPI document; `undefined` if nothing is. */
export async function openApiFaults(document: unknown): Promise<unknown> {
  const { valid, errors } = await new Validator().validate(
    structuredClone(document),
  );
  return valid ? undefined : errors;
}

/** What is wrong with an AsyncAPI 3.0 document; `undefined` if nothing is. */
export async function asyncApiFaults(document: unknown): Promise<unknown> {
  const name = "@asyncapi/specs/schemas/3.0.0-without-$id.json";
  const { default: schema } = await import(name, { with: { type: "json" } });
  const check = new Ajv7({
    strict: false,
    allErrors: true,
    validateFormats: false,
  })
    .compile(schema);
  return check(document) ? undefined : check.errors;
}

import type { OpenApiOperation } from "../../src/http/exchange/open_api.ts";
import { openApi } from "../../src/http/server/operations.ts";
import type { Schema } from "../../src/http/schema.ts";
import { withRegion } from "./region.ts";

const operations = Object.entries(openApi.paths).map(([path, { get }]) => ({ path, ...get }));

/** `docs/HTTP.md` with its tables of paths and parameters as the operations have them. */
export function httpPage(present: string): string {
  const withPaths = withRegion(present, "paths", `\n${pathTable()}\n`);
  return operations.filter(({ parameters }) => parameters.some((one) => one.in === "query"))
    .reduce(
      (text, operation) =>
        withRegion(text, operation.operationId, `\n${parameterTable(operation)}\n`),
      withPaths,
    );
}

function pathTable(): string {
  const rows = operations.map(({ path, summary, responses }) => {
    const statuses = Object.keys(responses).filter((status) => status !== "default");
    return `| \`${path}\` | ${summary} | ${statuses.join(", ")} |`;
  });
  return ["| path | | answers |", "| - | - | - |", ...rows].join("\n");
}

function parameterTable({ parameters }: OpenApiOperation): string {
  const rows = parameters.map(({ name, required, schema }) =>
    `| \`${name}\` | ${formOf(schema)} | ${required ? "required" : textOf(schema)} |`
  );
  return ["| parameter | form | |", "| - | - | - |", ...rows].join("\n");
}

function formOf({ type, enum: values, minimum, maxItems }: Schema): string {
  if (Array.isArray(values)) return values.map((value) => `\`${value}\``).join(", ");
  if (type === "integer") return `integer from ${minimum}`;
  return type === "array" ? `text, up to ${maxItems} times` : "text";
}

function textOf({ description, default: fallback }: Schema): string {
  const texts = [description, fallback === undefined ? undefined : `default \`${fallback}\``];
  return texts.filter((text) => text !== undefined).join("; ");
}

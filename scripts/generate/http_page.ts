import type { OpenApiOperation } from "../../src/http/open_api.ts";
import { openApi } from "../../src/http/operations.ts";
import type { Schema } from "../../src/http/schema.ts";

const operations = Object.entries(openApi.paths).map(([path, { get }]) => ({ path, ...get }));

/** `docs/HTTP.md` with its tables of paths and parameters as the operations have them. */
export function httpPage(present: string): string {
  return present.replaceAll(
    /(<!-- (\w+) -->\n\n)[^]*?(\n\n<!-- end -->)/g,
    (_, start, name, end) => start + tableOf(name) + end,
  );
}

function tableOf(name: string): string {
  if (name === "paths") return pathTable();
  const operation = operations.find(({ operationId }) => operationId === name);
  if (operation === undefined) throw new Error(`docs/HTTP.md: no operation has the id "${name}"`);
  return parameterTable(operation);
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

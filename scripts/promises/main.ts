/**
 * `deno task dev lint:promises`: promises without a reader, and switches that forget a case.
 *
 * Deno's own lint knows no types; these rules need them. See `tools.ts` for why this folder has a
 * deno.json of its own.
 */
import { join } from "node:path";
import { print, printError } from "../lib/print.ts";
import { root, sourceFiles } from "../lib/source_files.ts";
import { createProgram } from "./program.ts";
import { loadTools } from "./tools.ts";

const rules = {
  "typed/no-floating-promises": "error",
  "typed/no-misused-promises": "error",
  "typed/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
};

/** What is wrong, as `path:line:column: message` lines. */
async function findings(
  files: readonly string[],
  folder: string,
): Promise<string[]> {
  const { linter, compiler, plugin, parser } = await loadTools();
  const program = await createProgram(compiler, files, folder);
  const config = {
    files: ["**/*.ts"],
    languageOptions: { parser, parserOptions: { programs: [program] } },
    linterOptions: { reportUnusedDisableDirectives: "off" },
    plugins: { typed: plugin },
    rules,
  };
  return files.flatMap((path) => {
    const filename = join(root, path);
    return linter.verify(Deno.readTextFileSync(filename), [config], {
      filename,
    })
      .map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`);
  });
}

const files = await sourceFiles([".ts"]);
const folder = await Deno.makeTempDir();
try {
  const found = await findings(files, folder);
  for (const line of found) printError(line);
  if (found.length > 0) Deno.exitCode = 1;
  else {print(
      `${files.length} files, no promise without a reader, no case forgotten`,
    );}
} finally {
  await Deno.remove(folder, { recursive: true });
}

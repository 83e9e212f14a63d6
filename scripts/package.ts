/**
 * `deno task dev package`: what users of the package get can be published and packed, and every
 * part of it is documented. `deno task dev api-docs` writes that as a site, into `dist/api`.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import config from "../deno.json" with { type: "json" };
import { print, printError } from "./lib/print.ts";
import { root } from "./lib/source_files.ts";

const entries = Object.values(config.exports);
const checks: readonly (readonly string[])[] = [
  ["publish", "--dry-run", "--allow-dirty"],
  ["pack", "--dry-run", "--allow-dirty"],
  ["doc", "--lint", ...entries],
];

/** Runs a subcommand of Deno; says what it said, if it fails. */
async function succeeds(args: readonly string[]): Promise<boolean> {
  const command = new Deno.Command(Deno.execPath(), { args: [...args], cwd: root, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  if (!success) { for (const text of [stdout, stderr]) printError(new TextDecoder().decode(text)); }
  return success;
}

const { values: { html } } = parseArgs({ options: { html: { type: "boolean" } } });
const commands = html ? [["doc", "--html", "--output=dist/api", ...entries]] : checks;
let failed = 0;
if (html) await Deno.mkdir(join(root, "dist"), { recursive: true });
for (const args of commands) if (!await succeeds(args)) failed++;
if (failed === 0) print(html ? "dist/api/index.html" : `${config.name} is complete`);
Deno.exit(failed === 0 ? 0 : 1);

/**
 * `deno task generate [--check]`: writes what follows from the settings' descriptions in `src/app`
 * (the programs' tasks and permission sets, `.env.example`, the tables of `docs/SETTINGS.md`, what
 * compose hands to its containers), the list of packages that `deno.lock` has,
 * the descriptions of HTTP and topics, and Grafana's dashboards.
 */
import { asyncApi } from "./generate/async_api.ts";
import { composeFile } from "./generate/compose.ts";
import { dashboardFiles } from "./dashboards/files.ts";
import { denoJson } from "./generate/deno_json.ts";
import { envExample } from "./generate/env_example.ts";
import { httpPage } from "./generate/http_page.ts";
import { sbom } from "./generate/sbom.ts";
import { settingsPage } from "./generate/settings_page.ts";
import { printError } from "./lib/print.ts";
import { root } from "./lib/source_files.ts";

const files: Readonly<Record<string, (present: string) => string | Promise<string>>> = {
  "deno.json": denoJson,
  ".env.example": envExample,
  "docs/SETTINGS.md": settingsPage,
  "compose/compose.yaml": composeFile,
  "docs/HTTP.md": httpPage,
  "docs/asyncapi.json": asyncApi,
  "docs/sbom.cdx.json": sbom,
  ...dashboardFiles,
};

/** As `deno fmt` has it; a file of another kind is as it is. */
async function formatted(path: string, text: string): Promise<string> {
  const extension = path.slice(path.lastIndexOf(".") + 1);
  if (extension !== "json" && extension !== "md") return text;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", `--config=${root}deno.json`, `--ext=${extension}`, "-"],
    stdin: "piped",
    stdout: "piped",
  });
  await using child = command.spawn();
  const output = new Response(child.stdout).text();
  await new Response(text).body?.pipeTo(child.stdin);
  return await output;
}

const check = Deno.args.includes("--check");
for (const [path, generated] of Object.entries(files)) {
  const present = await Deno.readTextFile(root + path);
  const wanted = await formatted(path, await generated(present));
  if (present === wanted) continue;
  if (check) {
    printError(`${path} is not what "deno task generate" makes: run it`);
    Deno.exitCode = 1;
  } else await Deno.writeTextFile(root + path, wanted);
}

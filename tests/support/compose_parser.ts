import { join } from "node:path";
import { root } from "../../scripts/lib/source_files.ts";
import { defaultSettings } from "../../scripts/services/settings.ts";
import { isRunnable, outputOf } from "./command.ts";

/** The loader that the compose client of the same time is built on. */
const LOADER = "github.com/compose-spec/compose-go/v2/cmd";
const LOADER_VERSION = "v2.9.1";

/** What the parser made of a service, as far as tests look at it. */
export interface ParsedService {
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly profiles?: readonly string[];
  readonly volumes?: readonly { readonly type: string; readonly source: string }[];
}

/** Services by name. */
export type ParsedServices = Readonly<Record<string, ParsedService>>;

/** Which of the real parsers there is; nothing is built yet. */
export async function composeParser(): Promise<"client" | "loader" | undefined> {
  if (await isRunnable("docker", ["compose", "version"])) return "client";
  return await isRunnable("go", ["version"]) ? "loader" : undefined;
}

/**
 * Reads the repository's compose file as Compose itself does.
 *
 * @throws {Error} With what the parser says, if it refuses the file.
 */
export async function parseProfile(
  parser: "client" | "loader",
  profile: string,
): Promise<ParsedServices> {
  if (parser === "client") {
    const args = ["compose", "--profile", profile, "config", "--format", "json"];
    return JSON.parse(await outputOf("docker", args)).services;
  }
  const text = await outputOf(await builtLoader(), ["--format", "json", "compose.yaml"]);
  const services: [string, ParsedService][] = Object.entries(JSON.parse(text).services);
  return Object.fromEntries(
    services.filter(([, { profiles }]) => profiles?.includes(profile) ?? true),
  );
}

/** Builds the loader once for all runs on this machine: some seconds. */
async function builtLoader(): Promise<string> {
  const { cache } = defaultSettings(join(root, ".services"), Deno.env.toObject());
  const folder = join(cache, `compose-loader-${LOADER_VERSION}`);
  const loader = join(folder, "cmd");
  if (!await isRunnable(loader, ["-help"])) {
    await outputOf("go", ["install", `${LOADER}@${LOADER_VERSION}`], { GOBIN: folder });
  }
  return loader;
}

import { keepFilesPrivate } from "../src/app/confine.ts";
import { decodeEnvFile } from "../src/app/env_file.ts";
import { PipelineError } from "../src/base/errors.ts";
import { stopServices } from "./services/down.ts";
import { environmentText, mergedEnvironment } from "./services/environment.ts";
import { type CliOptions, HELP, parseCli } from "./services/options.ts";
import { defaultSettings, type ServicesSettings } from "./services/settings.ts";
import { isAllUp, servicesStatus, statusTable } from "./services/status.ts";
import { startServices } from "./services/up.ts";

/** Runs one command. @returns The exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(parseCli(args));
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    write(Deno.stderr, `${error.code}: ${error.message}\n`);
    return error.code === "CONFIG_INVALID" ? 2 : 1;
  }
}

async function run(options: CliOptions): Promise<number> {
  switch (options.command) {
    case "help":
      write(Deno.stdout, HELP);
      return 0;
    case "up":
      return await up(options);
    case "down":
      return await down(options);
    case "status":
      return await status(options);
  }
}

async function up(options: CliOptions): Promise<number> {
  keepFilesPrivate();
  const { environment, started, dir } = await startServices(settingsOf(options));
  if (started.length === 0) write(Deno.stderr, `All services in ${dir} are up already\n`);
  const text = environmentText(environment);
  if (options.saveFile !== undefined) await writeEnvironment(options.saveFile, environment);
  write(Deno.stdout, text);
  return 0;
}

async function writeEnvironment(
  path: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const present = await Deno.readFile(path).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return new Uint8Array();
    throw error;
  });
  await Deno.writeTextFile(path, mergedEnvironment(decodeEnvFile(present), environment));
}

async function down(options: CliOptions): Promise<number> {
  const settings = settingsOf(options);
  const stopped = await stopServices(settings, { wipe: options.wipe });
  for (const { id, how } of stopped) write(Deno.stdout, `${id}: ${OUTCOMES[how]}\n`);
  if (stopped.length === 0) write(Deno.stdout, `No services were started in ${settings.dir}\n`);
  return 0;
}

const OUTCOMES = {
  absent: "was not running",
  terminated: "stopped",
  killed: "killed, as it did not stop when asked",
} as const;

async function status(options: CliOptions): Promise<number> {
  const { dir, services } = settingsOf(options);
  const statuses = await servicesStatus(dir, services);
  if (statuses.length === 0) write(Deno.stdout, `No services were started in ${dir}\n`);
  else write(Deno.stdout, statusTable(statuses));
  return isAllUp(statuses) ? 0 : 1;
}

function settingsOf(options: CliOptions): ServicesSettings {
  const { command: _, saveFile: __, wipe: ___, dir, ...chosen } = options;
  const say = (line: string) => write(Deno.stderr, `${line}\n`);
  return { ...defaultSettings(dir, Deno.env.toObject()), ...chosen, say };
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += stream.writeSync(bytes.subarray(sent));
}

if (import.meta.main) Deno.exit(await main(Deno.args));

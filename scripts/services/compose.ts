import { crc32 } from "node:zlib";
import { PipelineError } from "../../src/base/errors.ts";
import type { ServiceName } from "./definition.ts";
import { type Narrator, withProgress } from "./progress.ts";
import type { ServiceSet } from "./service_set.ts";
import { COMPOSE_FILE } from "./settings.ts";
import type { MemberState } from "./state.ts";

/** Seconds that `docker compose up` waits for the health checks. */
const WAIT_SECONDS = 300;
const TAIL_LINES = 20;

/** The Docker project of a data folder: the same folder always names the same containers. */
export function composeProject(dir: string): string {
  return `market-services-${crc32(dir).toString(16).padStart(8, "0")}`;
}

/** Arguments of `docker` for one compose command on a data folder's containers. */
export function composeArgs(dir: string, command: readonly string[]): string[] {
  return ["compose", "-p", composeProject(dir), "-f", COMPOSE_FILE, ...command];
}

/** The command that starts services and waits for their health checks. */
export function upCommand(services: readonly ServiceName[]): string[] {
  return ["up", "--detach", "--wait", "--wait-timeout", String(WAIT_SECONDS), ...services];
}

/** Variables that the compose file reads: the ports on the loopback interface. */
export function composeEnvironment(members: readonly MemberState[]): Record<string, string> {
  const entries = members.flatMap(({ service, ports }): [string, string][] =>
    ports["client"] === undefined ? [] : [[`${service.toUpperCase()}_PORT`, `${ports["client"]}`]]
  );
  return Object.fromEntries(entries);
}

/**
 * Runs one compose command on the containers of a set.
 *
 * @throws {PipelineError} `SERVICES_UNAVAILABLE` with the end of what Docker printed.
 */
export async function runCompose(
  set: ServiceSet,
  command: readonly string[],
  narrator: Narrator,
): Promise<void> {
  const args = composeArgs(set.dir, command);
  const title = `docker compose ${command[0]}`;
  narrator.say(title);
  const { success, stderr } = await withProgress(
    `${title}: still working`,
    narrator,
    () => new Deno.Command("docker", { args, env: composeEnvironment(set.members) }).output(),
  );
  if (!success) throw composeFailed(command, new TextDecoder().decode(stderr));
}

function composeFailed(command: readonly string[], output: string): PipelineError {
  const tail = output.trimEnd().split("\n").slice(-TAIL_LINES).join("\n  ");
  return new PipelineError(
    "SERVICES_UNAVAILABLE",
    `Cannot run "docker compose ${command.join(" ")}" as it must end well: it printed\n  ${tail}`,
  );
}

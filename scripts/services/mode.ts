import { PipelineError } from "../../src/base/errors.ts";
import type { Mode } from "./definition.ts";
import { isDockerUsable } from "./docker.ts";
import type { KnownSet } from "./service_set.ts";
import type { ServicesSettings } from "./settings.ts";

/**
 * Decides between containers and the local Java.
 *
 * A folder that has data stays with what wrote it. Several brokers exist only on the local Java.
 *
 * @throws {PipelineError} `CONFIG_INVALID` if what was asked for contradicts that;
 * `SERVICES_UNAVAILABLE` if containers were asked for and there is no engine.
 */
export async function chooseMode(
  set: KnownSet,
  settings: ServicesSettings,
  askDocker: () => Promise<boolean> = isDockerUsable,
): Promise<Mode> {
  const remembered = set.members[0]?.mode;
  if (remembered !== undefined) return keepMode(remembered, set, settings);
  const severalBrokers = (settings.kafkaBrokers ?? 1) > 1;
  if (settings.mode === "compose" && severalBrokers) throw oneBrokerOnly(settings);
  if (settings.mode === "jar" || severalBrokers) return "jar";
  if (await askDocker()) return "compose";
  if (settings.mode === "compose") throw noDocker();
  return "jar";
}

function keepMode(remembered: Mode, set: KnownSet, settings: ServicesSettings): Mode {
  if (settings.mode === "auto" || settings.mode === remembered) return remembered;
  throw new PipelineError(
    "CONFIG_INVALID",
    `Cannot use --mode ${settings.mode} as ${set.dir} must keep its mode: its data is of ` +
      `mode ${remembered} (use down --wipe first, or another --dir)`,
  );
}

function noDocker(): PipelineError {
  return new PipelineError(
    "SERVICES_UNAVAILABLE",
    'Cannot use --mode compose as a Docker engine must answer "docker info" and "docker compose ' +
      'version": at least one of them failed (start Docker, or use --mode jar)',
  );
}

function oneBrokerOnly(settings: ServicesSettings): PipelineError {
  return new PipelineError(
    "CONFIG_INVALID",
    "Cannot use --mode compose as --kafka-brokers must then be 1: " +
      `it is ${settings.kafkaBrokers} (use --mode jar)`,
  );
}

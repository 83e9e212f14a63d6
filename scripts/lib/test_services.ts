import { join } from "node:path";
import { describeError, PipelineError } from "../../src/base/errors.ts";
import { serviceAvailability } from "../services/availability.ts";
import { stopServices } from "../services/down.ts";
import { defaultSettings, type ServicesSettings } from "../services/settings.ts";
import { startServices } from "../services/up.ts";
import { root } from "./source_files.ts";

/** Kafka, registry and Cassandra for one run of the tests; stopped and removed by disposal. */
export interface TestServices extends AsyncDisposable {
  /** How tests find them; empty where they cannot be had. */
  readonly env: Readonly<Record<string, string>>;
  /** Why they cannot be had, or `undefined` if they run. */
  readonly missing: string | undefined;
}

/**
 * Starts them on free ports in a folder of their own, so that they disturb nothing that runs here.
 *
 * @param say Called with progress, for people.
 * @param chosen Where it is not all of them in the versions that the environment names.
 */
export async function startTestServices(
  say: (line: string) => void,
  chosen: Partial<Pick<ServicesSettings, "services" | "kafkaVersion">> = {},
): Promise<TestServices> {
  const availability = await serviceAvailability();
  if (!availability.available) return without(availability.reason);
  const dir = await newFolder();
  const defaults = defaultSettings(dir, Deno.env.toObject());
  const settings = { ...defaults, autoPorts: true, quickStart: true, say, ...chosen };
  const stop = async () => {
    await stopServices(settings, { wipe: true });
    await Deno.remove(dir, { recursive: true });
  };
  try {
    const { environment } = await startServices(settings);
    const env = {
      ...environment,
      TEST_SERVICES_DIR: dir,
      REQUIRE_SERVICES: "1",
      SERVICES_KAFKA_VERSION: settings.kafkaVersion,
    };
    return { env, missing: undefined, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    if (!(error instanceof PipelineError)) throw error;
    return without(describeError(error));
  }
}

function without(reason: string): TestServices {
  return { env: {}, missing: reason, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function newFolder(): Promise<string> {
  const parent = join(root, ".services");
  await Deno.mkdir(parent, { recursive: true });
  return await Deno.makeTempDir({ dir: parent, prefix: "test-" });
}

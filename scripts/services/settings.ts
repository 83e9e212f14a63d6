import { join, resolve } from "node:path";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { PipelineError } from "../../src/base/errors.ts";
import { type Random, systemRandom } from "../../src/base/random.ts";
import { kafkaVersions } from "./kafka.ts";
import { type HeapSizes, SERVICE_NAMES, type ServiceName } from "./definition.ts";

/** What one set of services is and where it lives; the last three are the world. */
export interface ServicesSettings {
  /** Absolute folder for data, logs and state; one set per folder. */
  readonly dir: string;
  /** Absolute folder for downloads, shared by all sets. */
  readonly cache: string;
  readonly services: readonly ServiceName[];
  /** Data of a newer version cannot be read by an older one. */
  readonly kafkaVersion: string;
  /** `undefined`: as many as the folder remembers, or one. */
  readonly kafkaBrokers?: number;
  readonly autoPorts: boolean;
  readonly heap: HeapSizes;
  /** Where their start matters more than their speed later, as in tests. */
  readonly quickStart: boolean;
  readonly javaHome?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly say: (line: string) => void;
}

/** Root of the checkout. */
const ROOT = resolve(import.meta.dirname ?? ".", "..", "..");

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Settings of a whole set in a folder, as far as the environment decides them.
 *
 * @throws {PipelineError} `CONFIG_INVALID` for a heap size that Java would not understand, or what
 *   is no version.
 */
export function defaultSettings(dir: string, env: Environment): ServicesSettings {
  return {
    dir: resolve(dir),
    cache: resolve(env["SERVICES_CACHE"] || join(ROOT, ".services", "jars")),
    services: SERVICE_NAMES,
    kafkaVersion: readVersion(env),
    autoPorts: false,
    heap: readHeapSizes(env),
    quickStart: false,
    javaHome: env["JAVA_HOME"] || undefined,
    clock: systemClock,
    random: systemRandom,
    say: () => {},
  };
}

function readVersion(env: Environment): string {
  const value = env["SERVICES_KAFKA_VERSION"] || kafkaVersions.current;
  if (/^\d+\.\d+\.\d+$/.test(value)) return value;
  throw new PipelineError(
    "CONFIG_INVALID",
    `Cannot use SERVICES_KAFKA_VERSION as it must be like ${kafkaVersions.current}: "${value}"`,
    { context: { variable: "SERVICES_KAFKA_VERSION" } },
  );
}

function readHeapSizes(env: Environment): HeapSizes {
  return {
    kafka: readHeap("SERVICES_KAFKA_HEAP", "512m", env),
    registry: readHeap("SERVICES_REGISTRY_HEAP", "256m", env),
    cassandra: readHeap("SERVICES_CASSANDRA_HEAP", "1g", env),
  };
}

function readHeap(variable: string, fallback: string, env: Environment): string {
  const value = env[variable] || fallback;
  if (/^[1-9]\d{0,5}[mg]$/.test(value)) return value;
  throw new PipelineError(
    "CONFIG_INVALID",
    `Cannot use ${variable} as a heap size must be like 512m or 1g: "${value}"`,
    { context: { variable } },
  );
}

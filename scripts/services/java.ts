import { join } from "node:path";
import { PipelineError } from "../../src/base/errors.ts";
import type { ServiceDefinition } from "./definition.ts";

const REMEDY = "install a JDK 17 and set JAVA_HOME to it, or start Docker";

/**
 * Options for a program whose start matters more than its speed later: Kafka then needs 3.3 s of a
 * core until it answers instead of 5.6, Cassandra 5.5 instead of 11.4.
 */
export const QUICK_START: readonly string[] = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

/** A Java that can be run. */
export interface Java {
  readonly command: string;
  /** Feature release: 17 for 17.0.15. */
  readonly release: number;
}

/**
 * Finds Java: `JAVA_HOME` first, then the path.
 *
 * @throws {PipelineError} `SERVICES_UNAVAILABLE` if there is none, with what to install.
 */
export async function findJava(javaHome: string | undefined): Promise<Java> {
  const command = javaHome ? join(javaHome, "bin", "java") : "java";
  const text = await versionText(command);
  const release = text === undefined ? undefined : parseJavaRelease(text);
  if (release !== undefined) return { command, release };
  throw new PipelineError(
    "SERVICES_UNAVAILABLE",
    `Cannot start services as Java must be installed: ${command} cannot be run (${REMEDY})`,
    { context: { command } },
  );
}

/** @throws {PipelineError} `SERVICES_UNAVAILABLE` if the service does not run on that release. */
export function requireRelease(definition: ServiceDefinition, java: Java): void {
  const { min, max = Infinity } = definition.java;
  if (java.release >= min && java.release <= max) return;
  const range = min === max ? `${min}` : `${min} or newer`;
  throw new PipelineError(
    "SERVICES_UNAVAILABLE",
    `Cannot start ${definition.name} as Java must be ${range}: ${java.command} is ` +
      `${java.release} (${REMEDY})`,
    { context: { service: definition.name, release: java.release } },
  );
}

/** Feature release from what `java -version` prints; `undefined` if that is no version. */
export function parseJavaRelease(text: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  if (first === undefined) return undefined;
  return first === "1" ? Number(second) : Number(first);
}

async function versionText(command: string): Promise<string | undefined> {
  try {
    const { stderr, stdout } = await new Deno.Command(command, { args: ["-version"] }).output();
    return new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

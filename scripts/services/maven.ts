import { join } from "node:path";
import { PipelineError } from "../../src/base/errors.ts";
import type { Artifact, ServiceDefinition } from "./definition.ts";
import { type Narrator, withProgress } from "./progress.ts";
import { removeIfPresent } from "./folders.ts";
import { lastLines } from "./log_tail.ts";
import { withFileLock } from "./file_lock.ts";

/** A second try for a connection that broke half-way. */
const MAX_ATTEMPTS = 2;

/** What is downloaded: every artifact with all that it depends on. */
export interface JarList
  extends Pick<ServiceDefinition, "version" | "artifacts" | "downloadMegabytes"> {
  /** Names its folder in the cache. */
  readonly name: string;
}

/** What a download needs of the world. */
export interface DownloadContext extends Narrator {
  /** Absolute folder that holds one folder per service and version. */
  readonly cache: string;
}

/**
 * Makes sure that the jars of a service are in the cache.
 *
 * A marker is written last and holds the pom: an interrupted download, or one of another list of
 * artefacts, is redone.
 *
 * @returns The folder with the jars.
 * @throws {PipelineError} `SERVICES_UNAVAILABLE` if Maven is missing or fails.
 */
export async function ensureJars(
  definition: JarList,
  context: DownloadContext,
): Promise<string> {
  const folder = jarsFolder(definition, context.cache);
  if (areJarsComplete(definition, context.cache)) return join(folder, "lib");
  await Deno.mkdir(folder, { recursive: true });
  await withFileLock(join(folder, "lock"), async () => {
    if (!areJarsComplete(definition, context.cache)) await download(definition, folder, context);
  });
  return join(folder, "lib");
}

/** True when nothing must be downloaded for that service. */
export function areJarsComplete(definition: JarList, cache: string): boolean {
  try {
    const marker = Deno.readTextFileSync(join(jarsFolder(definition, cache), "complete.xml"));
    return marker === pomText(definition);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function jarsFolder(definition: JarList, cache: string): string {
  return join(cache, `${definition.name}-${definition.version}`);
}

async function download(
  definition: JarList,
  folder: string,
  context: DownloadContext,
): Promise<void> {
  const title = `${definition.name} ${definition.version}`;
  context.say(
    `${title}: downloading from Maven Central, about ${definition.downloadMegabytes} MB, once`,
  );
  await Deno.writeTextFile(join(folder, "pom.xml"), pomText(definition));
  for (let attempt = 1; !await runMaven(definition, folder, context); attempt++) {
    if (attempt === MAX_ATTEMPTS) throw downloadFailed(title, folder);
    context.say(`${title}: download failed, trying again`);
  }
  await Deno.writeTextFile(join(folder, "complete.xml"), pomText(definition));
  context.say(`${title}: downloaded`);
}

/** @returns False if Maven failed; its output is in `maven.log`. */
async function runMaven(
  definition: JarList,
  folder: string,
  context: DownloadContext,
): Promise<boolean> {
  const lib = join(folder, "lib");
  await removeIfPresent(lib);
  const output = await withProgress(
    `${definition.name} ${definition.version}: still downloading`,
    context,
    () => mavenCommand(mavenArgs(definition, lib), folder),
  );
  await Deno.writeFile(join(folder, "maven.log"), output.stdout);
  return output.success;
}

async function mavenCommand(args: readonly string[], cwd: string): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command("mvn", { args: [...args], cwd, stdin: "null" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw mavenMissing(error);
  }
}

/** Arguments that put a pom's dependencies into a folder: jars copied, archives unpacked. */
export function mavenArgs(definition: JarList, lib: string): string[] {
  const archive = definition.artifacts.some((artifact) => artifact.archive);
  const goal = archive ? "unpack-dependencies" : "copy-dependencies";
  return [
    "-q",
    "-B",
    `org.apache.maven.plugins:maven-dependency-plugin:3.8.1:${goal}`,
    "-DincludeScope=runtime",
    `-DoutputDirectory=${lib}`,
  ];
}

/** A pom whose only purpose is its dependencies. */
export function pomText(definition: JarList): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>services</groupId>
  <artifactId>${definition.name}</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${definition.artifacts.map(dependencyText).join("\n")}
  </dependencies>
</project>
`;
}

function dependencyText({ group, name, version, archive }: Artifact): string {
  const kind = archive
    ? `<type>${archive.type}</type><classifier>${archive.classifier}</classifier>` +
      "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"
    : "";
  return `    <dependency><groupId>${group}</groupId><artifactId>${name}</artifactId>` +
    `<version>${version}</version>${kind}</dependency>`;
}

/** @throws {PipelineError} `SERVICES_UNAVAILABLE` if Maven cannot be run. */
export async function requireMaven(): Promise<void> {
  const { success } = await mavenCommand(["-version"], ".");
  if (!success) throw mavenMissing();
}

function mavenMissing(cause?: unknown): PipelineError {
  return new PipelineError(
    "SERVICES_UNAVAILABLE",
    "Cannot download services as Maven must be installed: mvn cannot be run " +
      "(install Maven 3.6 or newer, or start Docker)",
    { cause },
  );
}

function downloadFailed(title: string, folder: string): PipelineError {
  const log = join(folder, "maven.log");
  return new PipelineError(
    "SERVICES_UNAVAILABLE",
    `Cannot download ${title} as Maven must end well: it failed ${MAX_ATTEMPTS} times, the end ` +
      `of ${log} is\n${lastLines(log, 20)}`,
    { context: { log } },
  );
}

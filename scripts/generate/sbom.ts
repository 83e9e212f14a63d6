import { join } from "node:path";
import { folders } from "../lint_plugin/places.ts";
import { root } from "../lib/source_files.ts";

/** Licences that ask for no more than to be named. */
const licences = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD"];

/** The part of a package's entry in `deno.lock` that is read here. */
interface Locked {
  /** `sha512-` and Base64. */
  readonly integrity: string;
  /** `name`, or `name@version` where several versions are locked. */
  readonly dependencies?: readonly string[];
}

/** @see https://cyclonedx.org/docs/1.6/json/ */
interface Component {
  readonly "bom-ref": string;
  readonly licenses: readonly { readonly license: { readonly id: string } }[];
}

/** A package that runs in the programs, with its key in the lock. */
interface Package {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly locked: Locked;
}

/**
 * `docs/sbom.cdx.json`: what the programs run besides their own code, from `deno.lock`: each package
 * with its hash, its licence and what it needs.
 *
 * @throws {Error} Naming a package whose licence asks for more than to be named.
 */
export async function sbom(present: string): Promise<string> {
  const lock: { readonly npm: Readonly<Record<string, Locked>> } = await readJson("deno.lock");
  const { version } = await readJson<{ version: string }>("deno.json");
  const used = withDependencies(packagesOf(lock.npm));
  const known = present === "" ? [] : JSON.parse(present).components as Component[];
  const components = [];
  for (const { name, version, purl, locked } of used.values()) {
    components.push({
      type: "library",
      "bom-ref": purl,
      name,
      version,
      purl,
      hashes: [{ alg: "SHA-512", content: hexOf(locked.integrity) }],
      licenses: [{ license: { id: await licenceOf({ name, version, purl }, known) } }],
    });
  }
  const dependencies = [...used.values()].map(({ purl, locked }) => ({
    ref: purl,
    dependsOn: (locked.dependencies ?? []).flatMap((key) => used.get(nameOf(key))?.purl ?? []),
  }));
  return JSON.stringify({
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { type: "application", "bom-ref": "finhub", name: "finhub", version } },
    components,
    dependencies: [
      { ref: "finhub", dependsOn: [...used.values()].filter(isDirect).map(({ purl }) => purl) },
      ...dependencies,
    ],
  });
}

/** Packages that `src` imports; all others are for tests. */
const direct: ReadonlySet<string> = new Set(Object.values(folders).flatMap((f) => f.packages));

function isDirect({ name }: Package): boolean {
  return direct.has(name);
}

function packagesOf(npm: Readonly<Record<string, Locked>>): ReadonlyMap<string, Package> {
  return new Map(
    Object.entries(npm).map(([key, locked]) => {
      const name = nameOf(key);
      const version = key.slice(name.length + 1).split("_", 1)[0] ?? "";
      const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
      return [name, { name, version, purl, locked }];
    }),
  );
}

/** The name in `name@version_peer@version`; a scope begins with an @ of its own. */
function nameOf(key: string): string {
  const at = key.indexOf("@", 1);
  return at < 0 ? key : key.slice(0, at);
}

function withDependencies(all: ReadonlyMap<string, Package>): ReadonlyMap<string, Package> {
  const used = new Map<string, Package>();
  const waiting = [...direct];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const found = all.get(name);
    if (found === undefined || used.has(name)) continue;
    used.set(name, found);
    waiting.push(...(found.locked.dependencies ?? []).map(nameOf));
  }
  return new Map([...used].sort(([a], [b]) => a < b ? -1 : 1));
}

/** As the list has it already, so that comparing needs no packages; else as the package says. */
async function licenceOf(
  { name, version, purl }: Pick<Package, "name" | "version" | "purl">,
  known: readonly Component[],
): Promise<string> {
  const stated = known.find((component) => component["bom-ref"] === purl)?.licenses[0]?.license.id;
  const id = stated ?? await licenceInCache(name, version);
  if (licences.includes(id)) return id;
  throw new Error(`${name} must have one of the licences ${licences.join(", ")}: it has ${id}`);
}

async function licenceInCache(name: string, version: string): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  for await (const { name: registry } of Deno.readDir(npmCache)) {
    const path = join(npmCache, registry, name, version, "package.json");
    const text = await Deno.readTextFile(path).catch(() => undefined);
    if (text !== undefined) return String(JSON.parse(text).license);
  }
  throw new Error(`${name} ${version} must be in ${npmCache}: run "deno install"`);
}

function hexOf(integrity: string): string {
  return Uint8Array.fromBase64(integrity.slice("sha512-".length)).toHex();
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(join(root, path)));
}

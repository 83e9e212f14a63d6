/**
 * `deno run -A scripts/build_images.ts FOLDER`: carries out the steps of `compose/Dockerfile` in
 * FOLDER, each stage a layer over a Debian by debootstrap, and writes `images.json`.
 *
 * Needs root, in a mount namespace of its own (`unshare --mount`): the layers are joined by overlayfs.
 */
import { copy, emptyDir } from "../tests/images/files.ts";
import { dirname, join } from "node:path";
import dockerfile from "../compose/Dockerfile" with { type: "text" };
import dockerignore from "../compose/Dockerfile.dockerignore" with { type: "text" };
import { exists } from "./lib/exists.ts";
import { print } from "./lib/print.ts";
import { root } from "./lib/source_files.ts";
import { outputOf } from "../tests/support/command.ts";
import {
  type Instruction,
  pairsOf,
  parseDockerfile,
  type Stage,
} from "../tests/images/dockerfile.ts";
import { jarServices, jarsFolder } from "../tests/images/stand_ins.ts";
import type { ServiceDefinition } from "./services/definition.ts";
import { ensureJars } from "./services/maven.ts";
import { defaultSettings } from "./services/settings.ts";
import { debian, type Image, joinLayers } from "../tests/images/image.ts";
import standIns from "../tests/images/stand_ins.Dockerfile" with { type: "text" };

/** How packages are reached from here; a file that one names is passed on, too. */
const reach = ["NODE_EXTRA_CA_CERTS", "DENO_CERT", "NPM_CONFIG_REGISTRY", "HTTPS_PROXY"];

/** Builds the stages of Dockerfiles, one layer each. */
class Builder {
  readonly images: Record<string, Image> = {};
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.images["debian"] = { ...debian, layers: [join(folder, "debian")] };
  }

  /** @param context Folder that COPY takes from. */
  async build(text: string, context: string): Promise<void> {
    for (const stage of parseDockerfile(text)) {
      print(`Building ${stage.name}`);
      this.images[stage.name] = await this.#stage(stage, context);
    }
  }

  async #stage({ name, from, tag, instructions }: Stage, context: string): Promise<Image> {
    const base = this.images[from];
    if (base === undefined) throw new TypeError(`${name} is made from ${from}, which is not known`);
    if (from === "denoland/deno" && tag !== undefined && tag !== Deno.version.deno) {
      throw new TypeError(`${name} wants Deno ${tag}: run this with it`);
    }
    const layer = join(this.#folder, "layers", name.replace("/", "-"));
    await emptyDir(layer);
    const merged = join(this.#folder, "merged");
    await joinLayers(base.layers, layer, merged);
    let image: Image = { ...base, layers: [layer, ...base.layers] };
    for (const instruction of instructions) {
      image = await this.#carriedOut(instruction, image, { merged, context });
    }
    await outputOf("umount", [merged]);
    return image;
  }

  async #carriedOut(
    { name, flags, text }: Instruction,
    image: Image,
    { merged, context }: { readonly merged: string; readonly context: string },
  ): Promise<Image> {
    switch (name) {
      case "ENV":
        return { ...image, env: { ...image.env, ...pairsOf(text) } };
      case "WORKDIR":
        await Deno.mkdir(join(merged, text), { recursive: true });
        return { ...image, folder: text };
      case "USER":
        return { ...image, user: text };
      case "VOLUME":
        return { ...image, volumes: [...image.volumes, text] };
      case "ENTRYPOINT":
        return { ...image, entrypoint: JSON.parse(text), command: [] };
      case "CMD":
        return { ...image, command: JSON.parse(text) };
      case "EXPOSE":
      case "HEALTHCHECK": // compose.yaml states its own
        return image;
      case "RUN":
        await runIn(merged, image, text);
        return image;
      case "COPY": {
        const { from, chown } = flags;
        const source = from === undefined ? context : await this.#opened(from);
        await copyInto(merged, image, { text, source, owner: chown });
        if (from !== undefined) await outputOf("umount", [source]);
        return image;
      }
      default:
        throw new TypeError(`${name} is not understood`);
    }
  }

  /** Where the files of an image can be read. */
  async #opened(name: string): Promise<string> {
    const { layers = [] } = this.images[name] ?? {};
    const opened = join(this.#folder, "opened");
    await joinLayers(layers, join(this.#folder, "unchanged"), opened);
    return opened;
  }
}

async function runIn(merged: string, { env, folder }: Image, text: string): Promise<void> {
  const given = reach.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [{ name, value }];
  });
  const passed = given.flatMap(({ name, value }, index) =>
    value.startsWith("/")
      ? ["--ro-bind", value, `/run/given-${index}`, "--setenv", name, `/run/given-${index}`]
      : ["--setenv", name, value]
  );
  const set = Object.entries(env).flatMap(([name, value]) => ["--setenv", name, value]);
  await outputOf("bwrap", [
    ...["--bind", merged, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/run"],
    ...["--ro-bind", "/etc/resolv.conf", "/etc/resolv.conf"],
    ...["--die-with-parent", "--unshare-pid", "--clearenv", ...set, ...passed],
    ...["--chdir", folder, "/bin/sh", "-c", text],
  ]);
}

/** COPY: what is in a folder goes into the target, a file goes to it, or into it where it ends in /. */
async function copyInto(
  merged: string,
  { folder }: Image,
  { text, source, owner }: {
    readonly text: string;
    /** Folder that the names are looked up in. */
    readonly source: string;
    readonly owner: string | undefined;
  },
): Promise<void> {
  const names = text.split(/\s+/);
  const given = names.pop() ?? "";
  const target = join(merged, given.startsWith("/") ? given : join(folder, given));
  for (const name of names) await copy(join(source, name), target);
  if (owner === undefined) return;
  await outputOf("chroot", [merged, "chown", "-R", owner, target.slice(merged.length)]);
}

/** What the images are made of: the files that `Dockerfile.dockerignore` lets pass. */
async function contextIn(folder: string): Promise<string> {
  const context = join(folder, "context");
  await emptyDir(context);
  const [everything, ...exceptions] = dockerignore.split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (everything !== "*") throw new TypeError("Dockerfile.dockerignore begins with *");
  for (const path of exceptions.map((line) => line.slice(1))) {
    if (!await exists(join(root, path))) continue;
    await Deno.mkdir(dirname(join(context, path)), { recursive: true });
    await copy(join(root, path), join(context, path));
  }
  await outputOf("chown", ["-R", "0:0", context]);
  return context;
}

/** Once for a folder: two minutes. */
async function unpackDebian(folder: string): Promise<void> {
  if (await exists(join(folder, "debian"))) return;
  print("Unpacking Debian");
  await outputOf("debootstrap", ["--variant=minbase", "stable", join(folder, "unpacking")]);
  await Deno.rename(join(folder, "unpacking"), join(folder, "debian"));
}

/** A Java that stands alone, made from the one of this machine. */
async function linkJava(folder: string): Promise<void> {
  const target = join(folder, "java");
  if (await exists(target)) return;
  const home = Deno.env.get("JAVA_HOME");
  const jlink = home === undefined ? "jlink" : join(home, "bin", "jlink");
  await outputOf(jlink, ["--add-modules", "ALL-MODULE-PATH", "--output", target]);
}

/** The jars of a service, for users of containers, too. */
async function copyJars(definition: ServiceDefinition, folder: string): Promise<void> {
  const target = jarsFolder(definition, folder);
  if (await exists(target)) return;
  print(`Copying the jars of ${definition.name}`);
  const settings = defaultSettings(join(root, ".services"), Deno.env.toObject());
  await copy(await ensureJars(definition, settings), target);
  await outputOf("chmod", ["-R", "a+rX", target]);
}

const [folder = ""] = Deno.args;
await Deno.mkdir(folder, { recursive: true });
await unpackDebian(folder);
await linkJava(folder);
for (const definition of Object.values(jarServices)) await copyJars(definition, folder);
const binary = join(folder, "deno");
await emptyDir(binary);
await Deno.copyFile(Deno.execPath(), join(binary, "deno"));
const builder = new Builder(folder);
await builder.build(standIns, binary);
await builder.build(dockerfile, await contextIn(folder));
await Deno.writeTextFile(join(folder, "images.json"), JSON.stringify(builder.images));

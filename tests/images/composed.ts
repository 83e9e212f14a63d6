import { join } from "node:path";
import { assert } from "../../src/base/assert.ts";
import { exists } from "../../scripts/lib/exists.ts";
import { root } from "../../scripts/lib/source_files.ts";
import { outputOf } from "../support/command.ts";
import { type ComposeFile, type ComposeService, environmentOf } from "../support/compose_file.ts";
import { copy } from "./files.ts";
import type { Image } from "./image.ts";
import { memoryGroup } from "./memory_limit.ts";
import { Container, type Mount } from "./container.ts";
import { Network } from "./network.ts";
import { publish } from "./published_port.ts";

/** What a stand-in adds to the container of a service. */
export interface StandIn {
  readonly command: readonly string[];
  readonly mounts: readonly Mount[];
}

/** What is started, and from what. */
export interface ComposedOptions {
  readonly file: ComposeFile;
  readonly images: Readonly<Record<string, Image>>;
  /** What runs in place of an image's own command. */
  readonly standIn: (
    service: ComposeService,
    place: { readonly address: string; readonly folder: string },
  ) => Promise<StandIn | undefined>;
  /** What `.env` sets. */
  readonly dotEnv: Readonly<Record<string, string>>;
  /** `--scale`. */
  readonly scale: Readonly<Record<string, number>>;
  readonly folder: string;
}

/** Mebibytes. */
const mebibyte = 1024 ** 2;

/**
 * The containers of a compose file, started in its order, on one network.
 *
 * Owner: the test; disposing kills what still runs.
 */
export class Composed implements AsyncDisposable {
  readonly #options: ComposedOptions;
  readonly #network: Network;
  readonly #containers = new Map<string, readonly Container[]>();
  readonly #volumes = new Map<string, Promise<string>>();
  readonly #started = new Map<string, Promise<void>>();
  readonly #owned = new AsyncDisposableStack();
  readonly #publishedPorts = new Set<number>();

  private constructor(options: ComposedOptions, network: Network) {
    this.#options = options;
    this.#network = network;
    this.#owned.use(network);
  }

  /** `docker compose --profile PROFILE create`, without services that are not wanted. */
  static async make(profile: string, options: ComposedOptions): Promise<Composed> {
    const network = await Network.open("market_default", options.folder);
    const composed = new Composed(options, network);
    const services = Object.entries(options.file.services)
      .filter(([, { profiles }]) => profiles?.includes(profile) ?? true);
    const places = [];
    for (const [name, service] of services) {
      for (let number = 1; number <= (options.scale[name] ?? 1); number++) {
        places.push(await composed.#place(name, service, number));
      }
    }
    for (const place of places) await composed.#make(place);
    return composed;
  }

  /** `up --wait`. */
  async up(): Promise<void> {
    await Promise.all([...this.#containers].map(async ([name, [first]]) => {
      const isOneShot = first?.options.service.healthcheck === undefined;
      await this.#reached(name, isOneShot ? "service_completed_successfully" : "service_healthy");
    }));
  }

  get all(): readonly Container[] {
    return [...this.#containers.values()].flat();
  }

  container(service: string, number = 1): Container {
    const container = this.#containers.get(service)?.[number - 1];
    assert(container, `${service} ${number} is a container`);
    return container;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  async #reached(name: string, condition: string): Promise<void> {
    await this.#start(name);
    for (const container of this.#containers.get(name) ?? []) {
      if (condition === "service_healthy") await container.healthy();
      else {
        const code = await container.ended();
        assert(code === 0, `${container.name} ended with ${code}:\n${await container.lastLines()}`);
      }
    }
  }

  #start(name: string): Promise<void> {
    const started = this.#started.get(name) ?? this.#startAfterOthers(name);
    this.#started.set(name, started);
    return started;
  }

  async #startAfterOthers(name: string): Promise<void> {
    const containers = this.#containers.get(name) ?? [];
    const needed = Object.entries(containers[0]?.options.service.depends_on ?? {});
    await Promise.all(needed.map(([other, { condition }]) => this.#reached(other, condition)));
    for (const container of containers) container.start();
  }

  async #place(serviceName: string, service: ComposeService, number: number): Promise<Place> {
    const name = `market-${serviceName}-${number}`;
    const folder = join(this.#options.folder, name);
    await Deno.mkdir(folder, { recursive: true });
    const hostname = crypto.randomUUID().replaceAll("-", "").slice(0, 12);
    const aliases = service.networks?.["default"]?.aliases ?? [];
    const address = await this.#network.join(name, [hostname, name, serviceName, ...aliases]);
    return { serviceName, service, name, folder, hostname, address };
  }

  async #make({ serviceName, service, ...place }: Place): Promise<void> {
    const { images, dotEnv, standIn } = this.#options;
    const image = images[service.image.replace(/:.*/, "").replace("market/", "")];
    assert(image, `${service.image} is known`);
    const other = await standIn(service, place);
    const mounts = [...await this.#mountsOf(service, image, place), ...other?.mounts ?? []];
    const { entrypoint = image.entrypoint, command = image.command } = service;
    const container = await Container.make({
      ...place,
      service,
      image,
      mounts,
      env: { ...image.env, HOSTNAME: place.hostname, ...environmentOf(service, dotEnv) },
      command: other?.command ?? [...entrypoint, ...command],
      memory: this.#owned.use(
        await memoryGroup(place.name, parseInt(service.mem_limit ?? "") * mebibyte),
      ),
    });
    this.#owned.use(container);
    const others = this.#containers.get(serviceName) ?? [];
    this.#containers.set(serviceName, [...others, container]);
    for (const port of service.ports ?? []) {
      this.#owned.use(publish(port, place.address, this.#publishedPorts));
    }
  }

  async #mountsOf(
    { volumes = [] }: ComposeService,
    image: Image,
    { name }: { readonly name: string },
  ): Promise<Mount[]> {
    const mounts: Mount[] = [
      { source: this.#network.hostsFile, target: "/etc/hosts", isReadOnly: true },
      { source: this.#network.resolvFile, target: "/etc/resolv.conf", isReadOnly: true },
    ];
    for (const volume of volumes) {
      if (typeof volume === "object") {
        const { source, target, read_only } = volume;
        mounts.push({ source: join(root, "compose", source), target, isReadOnly: read_only });
        continue;
      }
      const [from = "", target = "", mode] = volume.split(":");
      const source = from.startsWith(".")
        ? join(root, "compose", from)
        : from.startsWith("/")
        ? from
        : await this.#volume(from, target, image);
      mounts.push({ source, target, isReadOnly: mode === "ro" });
    }
    const anonymous = image.volumes.filter((path) => mounts.every(({ target }) => target !== path));
    for (const target of anonymous) {
      const source = await this.#volume(`${name}-${target.replaceAll("/", "-")}`, target, image);
      mounts.push({ source, target, isReadOnly: false });
    }
    return mounts;
  }

  /** A new volume has what the image has in its place, with owner and mode. */
  #volume(name: string, target: string, image: Image): Promise<string> {
    const volume = this.#volumes.get(name) ?? this.#newVolume(name, target, image);
    this.#volumes.set(name, volume);
    return volume;
  }

  async #newVolume(name: string, target: string, { layers }: Image): Promise<string> {
    const folder = join(this.#options.folder, "volumes", name);
    await Deno.mkdir(folder, { recursive: true });
    for (const layer of layers.toReversed()) {
      const place = join(layer, target);
      if (!await exists(place)) continue;
      await copy(place, folder);
      await outputOf("chown", ["--reference", place, folder]);
      await outputOf("chmod", ["--reference", place, folder]);
    }
    return folder;
  }
}

interface Place {
  readonly serviceName: string;
  readonly service: ComposeService;
  readonly name: string;
  readonly folder: string;
  readonly hostname: string;
  readonly address: string;
}

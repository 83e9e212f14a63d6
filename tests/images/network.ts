import { join } from "node:path";
import { outputOf } from "../support/command.ts";
import { serveNames } from "./name_server.ts";

/** Where containers get their addresses from; nothing of it is seen outside this namespace. */
const prefix = "172.31.0";

/**
 * A network of containers: a bridge, and a network namespace for each container that is tied to it.
 *
 * Owner: the opener, for the name server; all else ends with the network namespace that this runs in.
 */
export class Network implements AsyncDisposable {
  readonly #bridge: string;
  /** Containers so far; the bridge itself has the first address. */
  #count = 1;
  readonly #names: [address: string, names: readonly string[]][] = [];
  /** `/etc/hosts` of every container. */
  readonly hostsFile: string;
  /** `/etc/resolv.conf` of every container. */
  readonly resolvFile: string;
  readonly #owned = new AsyncDisposableStack();

  private constructor(bridge: string, folder: string) {
    this.#bridge = bridge;
    this.hostsFile = join(folder, "hosts");
    this.resolvFile = join(folder, "resolv.conf");
  }

  static async open(bridge: string, folder: string): Promise<Network> {
    await Deno.mkdir("/run/netns", { recursive: true });
    await outputOf("mount", ["-t", "tmpfs", "tmpfs", "/run/netns"]);
    await ip("link", "set", "lo", "up");
    await ip("link", "add", bridge, "type", "bridge");
    await ip("address", "add", `${prefix}.1/24`, "dev", bridge);
    await ip("link", "set", bridge, "up");
    const network = new Network(bridge, folder);
    const addressesOf = (name: string) => network.#addressesOf(name);
    network.#owned.use(await serveNames(`${prefix}.1`, addressesOf));
    await Deno.writeTextFile(network.resolvFile, `nameserver ${prefix}.1\n`);
    return network;
  }

  /** Gives a container its namespace and its address, which the others find by any of these names. */
  async join(container: string, names: readonly string[]): Promise<string> {
    const address = `${prefix}.${++this.#count}`;
    const outside = `veth${this.#count}`;
    const within = ["-n", container];
    await ip("netns", "add", container);
    await ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", container);
    await ip("link", "set", outside, "master", this.#bridge, "up");
    await ip(...within, "address", "add", `${address}/24`, "dev", "eth0");
    await ip(...within, "link", "set", "eth0", "up");
    await ip(...within, "link", "set", "lo", "up");
    this.#names.push([address, names]);
    const lines = this.#names.map(([each, its]) => `${each} ${its.join(" ")}\n`);
    await Deno.writeTextFile(this.hostsFile, `127.0.0.1 localhost\n${lines.join("")}`);
    return address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  #addressesOf(name: string): string[] {
    return this.#names.flatMap(([address, names]) => names.includes(name) ? [address] : []);
  }
}

async function ip(...args: string[]): Promise<void> {
  await outputOf("ip", args);
}

import { join } from "node:path";
import { outputOf } from "../support/command.ts";

/** Where containers get their addresses from; nothing of it is seen outside this namespace. */
const prefix = "172.31.0";

/**
 * A network of containers: a bridge, and a network namespace for each container that is tied to it.
 *
 * Owner: no one; everything ends with the network namespace that this runs in.
 */
export class Network {
  readonly #bridge: string;
  /** Containers so far; the bridge itself has the first address. */
  #count = 1;
  readonly #names: [address: string, names: readonly string[]][] = [];
  /** `/etc/hosts` of every container. */
  readonly hostsFile: string;

  private constructor(bridge: string, folder: string) {
    this.#bridge = bridge;
    this.hostsFile = join(folder, "hosts");
  }

  static async open(bridge: string, folder: string): Promise<Network> {
    await Deno.mkdir("/run/netns", { recursive: true });
    await outputOf("mount", ["-t", "tmpfs", "tmpfs", "/run/netns"]);
    await ip("link", "set", "lo", "up");
    await ip("link", "add", bridge, "type", "bridge");
    await ip("address", "add", `${prefix}.1/24`, "dev", bridge);
    await ip("link", "set", bridge, "up");
    return new Network(bridge, folder);
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
}

async function ip(...args: string[]): Promise<void> {
  await outputOf("ip", args);
}

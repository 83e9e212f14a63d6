import { charsMaxOf } from "./ask_json.ts";
import type { Look } from "./peer_look.ts";
import { PeerStream, type PeerStreamOptions } from "./peer_stream.ts";
import { addressesOf } from "./all_symbols.ts";
import type { Elsewhere, Partitions } from "../ports.ts";

/** Follows the streams of other instances. Owner: the event hub. */
export class PeerStreams {
  readonly #options: PeerStreamOptions;
  readonly #streams = new Map<string, PeerStream>();
  readonly #ending = new Set<Promise<void>>();

  constructor(options: Omit<PeerStreamOptions, "eventCharsMax">) {
    this.#options = { ...options, eventCharsMax: () => charsMaxOf(this.#streams.size) };
  }

  /** Follows exactly the instances that have partitions, and asks them for no more than this. */
  follow(partitions: Partitions | undefined, look: Look): void {
    const addresses = addressesOf(partitions);
    for (const [address, stream] of this.#streams) {
      if (!addresses.has(address)) this.#end(address, stream);
    }
    for (const address of addresses) {
      const stream = this.#streams.get(address);
      if (stream === undefined) {
        this.#streams.set(address, new PeerStream(address, look, this.#options));
      } else stream.look(look);
    }
  }

  /** What is heard of these partitions. One whose owner is still being asked is in neither list. */
  elsewhere({ others }: Partitions): Elsewhere {
    const told = [...this.#streams.values()].map(({ heard }) => heard)
      .filter((heard) => typeof heard === "object");
    const working = new Set(told.flatMap(({ partitions }) => partitions));
    const commits = told.flatMap(({ lastCommitMs }) => lastCommitMs ?? []);
    const isMissing = ([partition, address]: [number, string | undefined]) =>
      !working.has(partition) && this.#streams.get(address ?? "")?.heard !== "not yet";
    return {
      heard: [...others.keys()].filter((partition) => working.has(partition)),
      missing: [...others].filter(isMissing).map(([partition]) => partition),
      lastCommitMs: commits.length === 0 ? undefined : Math.max(...commits),
    };
  }

  /** Stops following; resolves when nothing runs any more. */
  async close(): Promise<void> {
    for (const [address, stream] of this.#streams) this.#end(address, stream);
    await Promise.all(this.#ending);
  }

  #end(address: string, stream: PeerStream): void {
    this.#streams.delete(address);
    const ending = stream.stop().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

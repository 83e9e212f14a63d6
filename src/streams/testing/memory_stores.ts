import { PipelineError } from "../../base/errors.ts";
import type {
  Checkpoint,
  KeyRange,
  StateStore,
  StateStores,
  StateView,
  StoreEntry,
  StoreRow,
} from "../ports.ts";
import { partitionName, type TopicPartition } from "../record.ts";

/** The points of a store's write at which a test may interfere. */
export type StoreStep = "before-apply" | "after-apply";

/** A store seen from outside. */
export interface StoreView {
  readonly entries: ReadonlyMap<string, Uint8Array>;
  readonly checkpoint: Checkpoint | undefined;
}

interface Disk {
  readonly input: TopicPartition;
  readonly changelogId: string;
  readonly entries: Map<string, Uint8Array>;
  checkpoint: Checkpoint | undefined;
  open: boolean;
}

/** Local stores in memory; what was applied survives until `wipe`. */
export class MemoryStores implements StateStores {
  readonly #disks = new Map<string, Disk>();
  /** @internal */
  hook: (step: StoreStep) => void = () => {};

  open(input: TopicPartition, changelogId: string): Promise<StateStore> {
    const name = partitionName(input);
    let disk = this.#disks.get(name);
    if (disk === undefined) {
      disk = { input, changelogId, entries: new Map(), checkpoint: undefined, open: false };
      this.#disks.set(name, disk);
    }
    if (disk.open) {
      return Promise.reject(new PipelineError("STORE_LOCKED", `Cannot open ${name}: in use`));
    }
    if (disk.changelogId !== changelogId) {
      const problem = `Cannot open ${name} as it must follow ${changelogId}: ${disk.changelogId}`;
      return Promise.reject(new PipelineError("STORE_FOREIGN", problem));
    }
    disk.open = true;
    return Promise.resolve(new MemoryStore(this, disk));
  }

  destroy(input: TopicPartition): Promise<void> {
    this.#disks.delete(partitionName(input));
    return Promise.resolve();
  }

  partitions(topic: string): Promise<number[]> {
    const found = [...this.#disks.values()].map(({ input }) => input)
      .filter((input) => input.topic === topic).map(({ partition }) => partition);
    return Promise.resolve(found.sort((a, b) => a - b));
  }

  /**
   * What a store holds, by key in hexadecimal, and how far it is true.
   *
   * @internal
   */
  look(input: TopicPartition): StoreView | undefined {
    return this.#disks.get(partitionName(input));
  }

  /** The process died: its locks are gone, what was applied stays. */
  died(): void {
    for (const disk of this.#disks.values()) disk.open = false;
  }

  /** The folder was deleted. */
  wipe(): void {
    this.#disks.clear();
  }

  /** Everything in all stores, in key order, for comparisons. */
  contents(): [store: string, key: string, value: string][] {
    return [...this.#disks].flatMap(([store, { entries }]) =>
      [...entries].map(([key, value]): [string, string, string] => [store, key, hex(value)])
    ).sort();
  }
}

class MemoryStore implements StateStore {
  readonly #owner: MemoryStores;
  readonly #disk: Disk;
  #closed = false;
  /** Of the newest batch. */
  #applying: Promise<void> = Promise.resolve();

  constructor(owner: MemoryStores, disk: Disk) {
    this.#owner = owner;
    this.#disk = disk;
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#disk.checkpoint;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#disk.entries.get(hex(key));
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    await Promise.resolve();
    this.#refuseClosed();
    return keys.map((key) => this.get(key));
  }

  async *scan(range: KeyRange): AsyncIterable<StoreRow[]> {
    await Promise.resolve();
    this.#refuseClosed();
    const [gte, lt] = [hex(range.gte), hex(range.lt)];
    const keys = [...this.#disk.entries.keys()].filter((key) => key >= gte && key < lt).sort();
    if (range.reverse) keys.reverse();
    for (const key of keys.slice(0, range.limit ?? keys.length)) {
      this.#refuseClosed();
      yield [{ key: Uint8Array.fromHex(key), value: this.#disk.entries.get(key) as Uint8Array }];
    }
  }

  view(): StateView {
    const disk = { ...this.#disk, entries: new Map(this.#disk.entries) };
    const then = new MemoryStore(this.#owner, disk);
    return {
      get: (key) => then.get(key),
      scan: (range) => this.#scanned(then, range),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  async *#scanned(then: MemoryStore, range: KeyRange): AsyncIterable<StoreRow[]> {
    for await (const rows of then.scan(range)) {
      this.#refuseClosed();
      yield rows;
    }
  }

  apply(entries: readonly StoreEntry[], checkpoint: Checkpoint): Promise<void> {
    return this.#applying = this.#applyAfter(this.#applying, entries, checkpoint);
  }

  async #applyAfter(
    before: Promise<void>,
    entries: readonly StoreEntry[],
    checkpoint: Checkpoint,
  ): Promise<void> {
    await before;
    this.#owner.hook("before-apply");
    for (const { key, value } of entries) {
      if (value === null) this.#disk.entries.delete(hex(key));
      else this.#disk.entries.set(hex(key), value);
    }
    this.#disk.checkpoint = checkpoint;
    this.#owner.hook("after-apply");
  }

  #refuseClosed(): void {
    if (this.#closed) throw new PipelineError("STORE_UNAVAILABLE", "Cannot read a closed store");
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disk.open = false;
    this.#closed = true;
    return Promise.resolve();
  }
}

function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}

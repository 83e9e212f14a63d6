import { readdir } from "node:fs/promises";
import { assert } from "../base/assert.ts";
import { dispositionOf, PipelineError } from "../base/errors.ts";
import type {
  Checkpoint,
  KeyRange,
  StateStore,
  StateStores,
  StateView,
  StoreEntry,
  StoreRow,
} from "../streams/ports.ts";
import { partitionName, type TopicPartition } from "../streams/record.ts";
import { encodeText } from "../streams/text.ts";
import {
  checkIdentity,
  checkpointKey,
  checkRowsOf,
  readCheckpoint,
  type StoreIdentity,
} from "./checked_store.ts";
import { openValue, sealedChecksum, sealValue } from "./checked_value.ts";
import {
  closeDatabase,
  type Database,
  destroyDatabase,
  openDatabase,
  readAhead,
} from "./database.ts";
import { storeErrorOf } from "./database_errors.ts";
import type { Expected, RowLedger } from "./row_ledger.ts";

/** Rows and bytes that one read of a scan brings at most; two are in memory at a time. */
const scanRows = 1_000;
const scanBytes = 512 * 1024;

/**
 * The stores of one instance: a LevelDB folder per task below `<folder>/<changelog>`.
 *
 * Owner: the main. Guarantee: one process per folder; writes survive a killed process.
 */
export class LevelStateStores implements StateStores, AsyncDisposable {
  readonly #folder: string;
  readonly #changelog: string;
  readonly #lock: Database | undefined;

  private constructor(folder: string, changelog: string, lock: Database | undefined) {
    this.#folder = folder;
    this.#changelog = changelog;
    this.#lock = lock;
  }

  /**
   * Takes the folder for this process.
   *
   * @param changelog Topic that can rebuild these stores; those of another one are none of ours.
   * @throws {PipelineError} `STORE_LOCKED` if another process has it.
   */
  static async open(stateDir: string, changelog: string): Promise<LevelStateStores> {
    const folder = `${stateDir}/${changelog}`;
    return new LevelStateStores(folder, changelog, await openLock(`${folder}/instance`));
  }

  /**
   * The stores of a folder that another thread of this process has taken. Two threads must not open
   * the same store: which is whose is the caller's to know.
   */
  static ofThread(stateDir: string, changelog: string): LevelStateStores {
    return new LevelStateStores(`${stateDir}/${changelog}`, changelog, undefined);
  }

  async open(input: TopicPartition, changelogId: string): Promise<StateStore> {
    const folder = this.#folderOf(input);
    const db = await openDatabase(folder, { rebuildable: true });
    try {
      return await LevelStateStore.adopt(db, {
        format: 3,
        changelog: this.#changelog,
        changelogId,
        ...input,
      });
    } catch (error) {
      await closeDatabase(db);
      throw storeErrorOf(folder, error);
    }
  }

  async destroy(input: TopicPartition): Promise<void> {
    await destroyDatabase(this.#folderOf(input));
  }

  async partitions(topic: string): Promise<number[]> {
    const found: number[] = [];
    try {
      for (const name of await readdir(this.#folder)) {
        const partition = Number(name.slice(topic.length + 1));
        if (name === partitionName({ topic, partition })) found.push(partition);
      }
    } catch (error) {
      throw storeErrorOf(this.#folder, error);
    }
    return found.sort((a, b) => a - b);
  }

  /** Leaves the folder to the next process. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#lock !== undefined) await closeDatabase(this.#lock);
  }

  #folderOf(input: TopicPartition): string {
    return `${this.#folder}/${partitionName(input)}`;
  }
}

/** Opens the database that stands for the whole folder; it holds nothing that could be lost. */
async function openLock(folder: string): Promise<Database> {
  try {
    return await openDatabase(folder);
  } catch (error) {
    if (dispositionOf(error) !== "rebuild") throw error;
    await destroyDatabase(folder);
    return await openDatabase(folder);
  }
}

type Batch = ReturnType<Database["batch"]>;
type Snapshot = ReturnType<Database["snapshot"]>;

/**
 * One task's rows. What it reads must be what was last written: the ledger says so in memory, for
 * as long as the store is open, and the checkpoint's digest from one opening to the next.
 */
class LevelStateStore implements StateStore {
  readonly #db: Database;
  readonly #ledger: RowLedger;
  #checkpoint: Checkpoint | undefined;
  /** Batches that were begun, and those that are on the disk, which may lag behind the ledger. */
  #begun = 0;
  #written = 0;
  /** Of the newest batch. */
  #writing: Promise<void> = Promise.resolve();
  #begunPosition = 0;

  private constructor(db: Database, ledger: RowLedger, checkpoint: Checkpoint | undefined) {
    this.#db = db;
    this.#ledger = ledger;
    this.#checkpoint = checkpoint;
    this.#begunPosition = checkpoint?.changelogPosition ?? 0;
  }

  /** Checks whose the database is and that its rows are those of its last commit. */
  static async adopt(db: Database, identity: StoreIdentity): Promise<LevelStateStore> {
    await checkIdentity(db, identity);
    const entry = readCheckpoint(db);
    const ledger = await checkRowsOf(db, entry);
    const checkpoint = entry && { changelogPosition: entry.changelogPosition };
    return new LevelStateStore(db, ledger, checkpoint);
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#get(key, this.#expect(key));
  }

  #get(key: Uint8Array, expected: Expected, snapshot?: Snapshot): Uint8Array | undefined {
    return expected === "absent"
      ? undefined
      : this.#opened(key, this.#read(key, snapshot), expected);
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const values = new Array<Uint8Array | undefined>(keys.length).fill(undefined);
    // As of now: a batch may begin or end while the rows are read, which changes none of them.
    const expected = keys.map((key) => this.#expect(key));
    const places = [...keys.keys()].filter((at) => expected[at] !== "absent");
    try {
      const found = await this.#db.getMany(places.map((at) => keys[at] as Uint8Array));
      for (const [index, at] of places.entries()) {
        const key = keys[at] as Uint8Array;
        values[at] = this.#opened(key, found[index], expected[at] as Expected);
      }
    } catch (error) {
      throw storeErrorOf(this.#db.location, error);
    }
    return values;
  }

  get #isApplying(): boolean {
    return this.#begun > this.#written;
  }

  #expect(key: Uint8Array): Expected {
    const expected = this.#ledger.expect(key);
    return this.#isApplying && expected !== "absent" ? "unknown" : expected;
  }

  /** The value of a row that must be the one that was last written. */
  #opened(
    key: Uint8Array,
    sealed: Uint8Array | undefined,
    expected: Expected,
  ): Uint8Array | undefined {
    if (expected !== "unknown" && sealedChecksum(sealed) !== expected) {
      throw new PipelineError(
        "STORE_CORRUPT",
        `Cannot use the store ${this.#db.location} as a row must be as last written: it is not`,
      );
    }
    return sealed && openValue(key, sealed);
  }

  view(): StateView {
    const snapshot = this.#snapshot();
    const begun = this.#begun;
    const isExact = !this.#isApplying;
    return {
      get: (key) => {
        const expected = isExact && begun === this.#begun ? this.#ledger.expect(key) : "unknown";
        return this.#get(key, expected, snapshot);
      },
      scan: (range) => this.#scan({ ...range, snapshot }),
      [Symbol.asyncDispose]: () => snapshot.close(),
    };
  }

  scan(range: KeyRange): AsyncIterable<StoreRow[]> {
    return this.#scan(range);
  }

  async *#scan(range: KeyRange & { readonly snapshot?: Snapshot }): AsyncIterable<StoreRow[]> {
    try {
      await using iterator = this.#db.iterator({ ...range, highWaterMarkBytes: scanBytes });
      for await (const rows of readAhead(iterator, scanRows)) {
        yield rows.map(([key, sealed]) => ({ key, value: openValue(key, sealed) }));
      }
    } catch (error) {
      throw storeErrorOf(this.#db.location, error);
    }
  }

  /** A batch is put together while the one before is being written, and written after it. */
  async apply(entries: readonly StoreEntry[], checkpoint: Checkpoint): Promise<void> {
    const { changelogPosition } = checkpoint;
    assert(changelogPosition >= this.#begunPosition, "a checkpoint must not go back");
    this.#begunPosition = changelogPosition;
    this.#begun++;
    this.#writing = this.#writeBehind(this.#writing, entries, checkpoint);
    await this.#writing;
    this.#checkpoint = checkpoint;
  }

  #batchOf(entries: readonly StoreEntry[], checkpoint: Checkpoint): Batch {
    // One put at a time takes a quarter of what an array of operations does.
    const batch = this.#db.batch();
    this.#ledger.begin();
    for (const entry of entries) this.#enter(batch, entry);
    const value = encodeText(JSON.stringify({ ...checkpoint, ...this.#ledger.sum }));
    return batch.put(checkpointKey, sealValue(checkpointKey, value));
  }

  async #writeBehind(
    before: Promise<void>,
    entries: readonly StoreEntry[],
    checkpoint: Checkpoint,
  ): Promise<void> {
    const batch = this.#batchOf(entries, checkpoint);
    await before.catch(async (error) => {
      await batch.close();
      throw error;
    });
    try {
      await batch.write(); // closes it, too
    } catch (error) {
      throw storeErrorOf(this.#db.location, error);
    }
    this.#written++;
    this.#ledger.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeDatabase(this.#db);
  }

  #enter(batch: Batch, { key, value }: StoreEntry): void {
    const sealed = value === null ? undefined : sealValue(key, value);
    this.#ledger.change(key, sealedChecksum(sealed), (key) => sealedChecksum(this.#read(key)));
    if (sealed === undefined) batch.del(key);
    else batch.put(key, sealed);
  }

  #snapshot(): Snapshot {
    try {
      return this.#db.snapshot();
    } catch (error) {
      throw storeErrorOf(this.#db.location, error);
    }
  }

  #read(key: Uint8Array, snapshot?: Snapshot): Uint8Array | undefined {
    try {
      return this.#db.getSync(key, snapshot && { snapshot });
    } catch (error) {
      throw storeErrorOf(this.#db.location, error);
    }
  }
}

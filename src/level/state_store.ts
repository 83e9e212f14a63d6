import { assert } from "../base/assert.ts";
import { PipelineError } from "../base/errors.ts";
import type {
  Checkpoint,
  KeyRange,
  StateStore,
  StateStores,
  StoreEntry,
} from "../streams/ports.ts";
import { partitionName, type TopicPartition } from "../streams/record.ts";
import { encodeText } from "../streams/text.ts";
import { openValue, sealValue } from "./checked_value.ts";
import {
  closeDatabase,
  type Database,
  destroyDatabase,
  openDatabase,
  type Operation,
  storeError,
} from "./database.ts";

/** Whose state a folder holds; another one is refused. */
interface StoreIdentity {
  readonly format: 1;
  readonly application: string;
  readonly topic: string;
  readonly partition: number;
}

/** The adapter's own entries start with `!`, before every key of the engine. */
const identityKey = encodeText("!identity");
const checkpointKey = encodeText("!checkpoint");

/** Bytes that one read of a scan may bring. */
const scanBytes = 512 * 1024;

/**
 * The stores of one instance: a LevelDB folder per task below `<folder>/<application>`.
 *
 * Owner: the main. Guarantee: one process per folder; writes survive a killed process.
 */
export class LevelStateStores implements StateStores, AsyncDisposable {
  readonly #folder: string;
  readonly #application: string;
  readonly #lock: Database;

  private constructor(folder: string, application: string, lock: Database) {
    this.#folder = folder;
    this.#application = application;
    this.#lock = lock;
  }

  /**
   * Takes the folder for this process.
   *
   * @throws {PipelineError} `STORE_LOCKED` if another process has it.
   */
  static async open(stateDir: string, application: string): Promise<LevelStateStores> {
    const folder = `${stateDir}/${application}`;
    return new LevelStateStores(folder, application, await openDatabase(`${folder}/instance`));
  }

  async open(input: TopicPartition): Promise<StateStore> {
    const folder = this.#folderOf(input);
    const db = await openDatabase(folder);
    try {
      return await LevelStateStore.adopt(db, {
        format: 1,
        application: this.#application,
        ...input,
      });
    } catch (error) {
      await closeDatabase(db);
      throw storeError(folder, error);
    }
  }

  async destroy(input: TopicPartition): Promise<void> {
    await destroyDatabase(this.#folderOf(input));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeDatabase(this.#lock);
  }

  #folderOf(input: TopicPartition): string {
    return `${this.#folder}/${partitionName(input)}`;
  }
}

class LevelStateStore implements StateStore {
  readonly #db: Database;
  #checkpoint: Checkpoint | undefined;
  #closed = false;

  private constructor(db: Database, checkpoint: Checkpoint | undefined) {
    this.#db = db;
    this.#checkpoint = checkpoint;
  }

  /** Checks that the database is this task's, or makes an empty one so. */
  static async adopt(db: Database, identity: StoreIdentity): Promise<LevelStateStore> {
    const stored = readText(db, identityKey);
    const wanted = JSON.stringify(identity);
    if (stored === undefined) {
      await refuseForeign(db);
      await db.put(identityKey, sealValue(identityKey, encodeText(wanted)));
    } else if (stored !== wanted) {
      throw new PipelineError(
        "STORE_FOREIGN",
        `Cannot use the store ${db.location} as it must belong to ${wanted}: it says ${stored}`,
      );
    }
    const checkpoint = readText(db, checkpointKey);
    return new LevelStateStore(
      db,
      checkpoint === undefined ? undefined : JSON.parse(checkpoint) as Checkpoint,
    );
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    try {
      const sealed = this.#db.getSync(key);
      return sealed === undefined ? undefined : openValue(key, sealed);
    } catch (error) {
      throw storeError(this.#db.location, error);
    }
  }

  async *scan(range: KeyRange): AsyncIterable<{ key: Uint8Array; value: Uint8Array }> {
    try {
      const iterator = this.#db.iterator({ ...range, highWaterMarkBytes: scanBytes });
      for await (const [key, sealed] of iterator) yield { key, value: openValue(key, sealed) };
    } catch (error) {
      throw storeError(this.#db.location, error);
    }
  }

  async apply(entries: readonly StoreEntry[], checkpoint: Checkpoint): Promise<void> {
    assert(
      checkpoint.changelogPosition >= (this.#checkpoint?.changelogPosition ?? 0),
      "a checkpoint must not go back",
    );
    const value = encodeText(JSON.stringify(checkpoint));
    const operations = [...entries, { key: checkpointKey, value }].map(operationOf);
    try {
      await this.#db.batch(operations);
    } catch (error) {
      throw storeError(this.#db.location, error);
    }
    this.#checkpoint = checkpoint;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await closeDatabase(this.#db);
  }
}

function operationOf({ key, value }: StoreEntry): Operation {
  return value === null ? { type: "del", key } : { type: "put", key, value: sealValue(key, value) };
}

function readText(db: Database, key: Uint8Array): string | undefined {
  const sealed = db.getSync(key);
  return sealed === undefined ? undefined : new TextDecoder().decode(openValue(key, sealed));
}

async function refuseForeign(db: Database): Promise<void> {
  const [first] = await db.keys({ limit: 1 }).all();
  if (first === undefined) return;
  throw new PipelineError(
    "STORE_FOREIGN",
    `Cannot use the store ${db.location} as it must say whose it is: it holds entries without a name`,
  );
}

import { mkdir, readdir, readFile, realpath, rm } from "node:fs/promises";
import { Level } from "level";
import { lockedError, storeErrorOf } from "./database_errors.ts";
import { isWholeTable } from "./table_check.ts";

/** A LevelDB database with raw keys and values. */
export type Database = Level<Uint8Array, Uint8Array> & {
  /** Part of classic-level 3 that its types leave out. */
  getSync(
    key: Uint8Array,
    options?: { readonly snapshot?: ReturnType<Level["snapshot"]> },
  ): Uint8Array | undefined;
};

/** One change of a batch. */
export type Operation =
  | { readonly type: "del"; readonly key: Uint8Array }
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array };

/** How changes are written. */
export interface WriteOptions {
  /** Waits for the disk: this write, and all before it, outlive a power cut. */
  readonly sync?: boolean;
}

/** Waits for the disk. */
export const synced: WriteOptions = { sync: true };

/**
 * Folders open in this process. A failed second open would release the first one's file lock
 * (closing any descriptor of a file drops the process's lock on it), so it must not be tried.
 */
const openFolders = new Set<string>();

/** How a database is opened. */
export interface DatabaseOptions {
  /**
   * True for the rows of a task, which can be rebuilt, and whose folder is ours.
   *
   * Damaged table files are deleted first: LevelDB may kill the process when it meets one. If it
   * needs a deleted one, it then says so; if not, it was left half written by a killed process. New
   * tables are not compressed.
   *
   * Rows come all over its keys: it sorts more of them in memory before it writes a table, and
   * merges fewer tables later.
   */
  readonly rebuildable?: boolean;
}

/** What a database sorts in memory; twice that while a table is written. */
const writeBufferBytes = 4 * 1024 * 1024;

/** The same for the rows of a task, and of how much each gets an equal part where many are open. */
const largeBufferBytes = 16 * 1024 * 1024;
const largeBuffersBytes = 64 * 1024 * 1024;

/**
 * Opens or creates a database.
 *
 * @throws {PipelineError} `STORE_LOCKED`, `STORE_CORRUPT` or `STORE_UNAVAILABLE`.
 */
export async function openDatabase(
  folder: string,
  { rebuildable = false }: DatabaseOptions = {},
): Promise<Database> {
  const path = await realFolder(folder);
  if (openFolders.has(path)) throw lockedError(folder);
  openFolders.add(path);
  try {
    if (rebuildable) await deleteDamagedTables(path);
    const db = new Level<Uint8Array, Uint8Array>(path, {
      keyEncoding: "view",
      valueEncoding: "view",
      ...(rebuildable
        ? { compression: false, writeBufferSize: largeBuffer() }
        : { writeBufferSize: writeBufferBytes }),
    });
    await db.open();
    return db as Database;
  } catch (error) {
    openFolders.delete(path);
    throw storeErrorOf(folder, error);
  }
}

function largeBuffer(): number {
  const part = Math.floor(largeBuffersBytes / openFolders.size);
  return Math.max(writeBufferBytes, Math.min(largeBufferBytes, part));
}

/** Closes a database and gives its folder free; fine if it is closed. */
export async function closeDatabase(db: Database): Promise<void> {
  if (db.status === "closed") return;
  try {
    await db.close();
  } finally {
    openFolders.delete(db.location);
  }
}

/** What `readAhead` needs of an iterator. */
interface Portions {
  nextv(size: number): Promise<[Uint8Array, Uint8Array][]>;
}

/**
 * What an iterator brings, in portions: LevelDB reads the next one while this one is worked on.
 *
 * Owner of the iterator: the caller, who closes it.
 */
export async function* readAhead(
  iterator: Portions,
  rowsMax: number,
): AsyncGenerator<[Uint8Array, Uint8Array][]> {
  let next = iterator.nextv(rowsMax);
  for (;;) {
    const rows = await next;
    if (rows.length === 0) return;
    next = iterator.nextv(rowsMax);
    // Whoever asks for no more does not hear that it failed.
    next.catch(() => {});
    yield rows;
  }
}

/** Deletes a closed database's folder; fine if there is none. */
export async function destroyDatabase(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    throw storeErrorOf(folder, error);
  }
}

/**
 * Writes all of them or none.
 *
 * One put at a time takes a quarter of what an array of operations does.
 */
export async function writeBatch(
  db: Database,
  operations: readonly Operation[],
  options: WriteOptions = {},
): Promise<void> {
  const batch = db.batch();
  for (const operation of operations) {
    if (operation.type === "put") batch.put(operation.key, operation.value);
    else batch.del(operation.key);
  }
  await batch.write(options); // closes it, too
}

async function deleteDamagedTables(path: string): Promise<void> {
  for (const name of await readdir(path)) {
    const table = `${path}/${name}`;
    if (name.endsWith(".ldb") && !isWholeTable(await readFile(table))) await rm(table);
  }
}

async function realFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    return await realpath(folder);
  } catch (error) {
    throw storeErrorOf(folder, error);
  }
}

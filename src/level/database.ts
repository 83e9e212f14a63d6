import { Level } from "level";
import { PipelineError } from "../base/errors.ts";

/** A LevelDB database with raw keys and values. */
export type Database = Level<Uint8Array, Uint8Array> & {
  /** Part of classic-level 3 that its types leave out. */
  getSync(key: Uint8Array): Uint8Array | undefined;
};

/** One change of a batch. */
export type Operation =
  | { readonly type: "del"; readonly key: Uint8Array }
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array };

/**
 * Folders open in this process. A failed second open would release the first one's file lock
 * (closing any descriptor of a file drops the process's lock on it), so it must not be tried.
 */
const openFolders = new Set<string>();

/**
 * Opens or creates a database.
 *
 * @throws {PipelineError} `STORE_LOCKED`, `STORE_CORRUPT` or `STORE_UNAVAILABLE`.
 */
export async function openDatabase(folder: string): Promise<Database> {
  const path = await realFolder(folder);
  if (openFolders.has(path)) throw locked(folder, undefined);
  openFolders.add(path);
  try {
    const db = new Level<Uint8Array, Uint8Array>(path, {
      keyEncoding: "view",
      valueEncoding: "view",
    });
    await db.open();
    return db as Database;
  } catch (error) {
    openFolders.delete(path);
    throw classify(folder, error);
  }
}

/** Closes a database and gives its folder free. */
export async function closeDatabase(db: Database): Promise<void> {
  try {
    await db.close();
  } finally {
    openFolders.delete(db.location);
  }
}

/** Deletes a closed database's folder; fine if there is none. */
export async function destroyDatabase(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw classify(folder, error);
  }
}

/** Wraps an error of a read or write. */
export function storeError(folder: string, error: unknown): PipelineError {
  return error instanceof PipelineError ? error : classify(folder, error);
}

async function realFolder(folder: string): Promise<string> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    return await Deno.realPath(folder);
  } catch (error) {
    throw classify(folder, error);
  }
}

function classify(folder: string, error: unknown): PipelineError {
  const codes = errorCodes(error);
  if (codes.includes("LEVEL_LOCKED")) return locked(folder, error);
  if (codes.includes("LEVEL_CORRUPTION")) {
    return new PipelineError("STORE_CORRUPT", `Cannot use the store ${folder} as it is damaged`, {
      cause: error,
    });
  }
  return new PipelineError(
    "STORE_UNAVAILABLE",
    `Cannot use the store ${folder}: check that the folder is writable and the disk has room`,
    { cause: error },
  );
}

function locked(folder: string, cause: unknown): PipelineError {
  return new PipelineError(
    "STORE_LOCKED",
    `Cannot open the store ${folder} as it is in use: stop the other process or choose another ` +
      `folder`,
    { cause },
  );
}

function errorCodes(error: unknown): unknown[] {
  const codes: unknown[] = [];
  for (let e = error; e instanceof Error; e = e.cause) codes.push((e as { code?: unknown }).code);
  return codes;
}

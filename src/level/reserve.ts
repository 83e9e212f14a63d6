import { rm, stat, writeFile } from "node:fs/promises";
import { PipelineError } from "../base/errors.ts";

/**
 * Bytes kept aside: opening a queue writes its log out as a table, at most 4 MiB, and removing from
 * it writes again before it frees anything.
 */
const reserveBytes = 16 * 1024 * 1024;

/** What was opened, and whether room is kept aside for the next time. */
export interface Reserved<T> {
  readonly opened: T;
  readonly reserved: boolean;
}

/**
 * Opens what may lie on a full disk, of which nothing can be removed without writing first. A file
 * in its folder keeps room for that: it is given up when opening fails, and made again at a later
 * start, when there is room. Whoever adds to what was opened without it uses up the last room.
 *
 * @param folder Of a database; LevelDB lets other files be.
 * @throws As `open`, if there is no reserve or it does not help.
 */
export async function withReserve<T>(folder: string, open: () => Promise<T>): Promise<Reserved<T>> {
  const path = `${folder}/reserve`;
  try {
    const opened = await open();
    return { opened, reserved: await isKeptAside(path) };
  } catch (error) {
    if (!(error instanceof PipelineError && error.code === "STORE_UNAVAILABLE")) throw error;
    if (!await isGivenUp(path)) throw error;
    return { opened: await open(), reserved: false };
  }
}

/** Best effort: without it, all is as before. */
async function isKeptAside(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size === reserveBytes) return true;
  try {
    await writeFile(path, new Uint8Array(reserveBytes));
    return true;
  } catch {
    await isGivenUp(path);
    return false;
  }
}

async function isGivenUp(path: string): Promise<boolean> {
  return await rm(path).then(() => true, () => false);
}

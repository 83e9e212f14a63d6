import { type Database, synced } from "./database.ts";

/** Outside every other key: none of those begins with this byte. */
const markKey = new Uint8Array([0x21]);

/**
 * Notes on the disk that a database is open, until `markClosed`.
 *
 * @returns True where the note of the last opening is still there: that process was killed, or the
 *   machine lost its power and perhaps the end of what was written.
 */
export async function markOpen(db: Database): Promise<boolean> {
  const wasOpen = db.getSync(markKey) !== undefined;
  await db.put(markKey, new Uint8Array([1]), synced);
  return wasOpen;
}

/** Everything written so far is on the disk when it resolves. */
export async function markClosed(db: Database): Promise<void> {
  await db.del(markKey, synced);
}

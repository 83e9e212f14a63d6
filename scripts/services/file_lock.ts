const EXCLUSIVE = true;

/**
 * Runs something while no other program does the same on that file.
 *
 * The system frees the lock when the program ends, however it ends.
 */
export async function withFileLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  using file = await Deno.open(path, { create: true, write: true });
  await file.lock(EXCLUSIVE);
  return await action();
}

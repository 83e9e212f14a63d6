import { join } from "node:path";

/** Folders and files of one data folder; `dir` is absolute. */
export const folders = {
  data: (dir: string, id: string): string => join(dir, "data", id),
  config: (dir: string, id: string): string => join(dir, "config", id),
  log: (dir: string, id: string): string => join(dir, "logs", `${id}.log`),
  lock: (dir: string): string => join(dir, "lock"),
} as const;

/** Removes a file or a folder with all that is in it. */
export async function removeIfPresent(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Makes place for a new log; the one before is kept, older ones are not. */
export async function rotateLog(log: string): Promise<void> {
  try {
    await Deno.rename(log, log.replace(/\.log$/, ".previous.log"));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

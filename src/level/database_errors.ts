import { PipelineError } from "../base/errors.ts";

/** How LevelDB begins each of its messages; codes it gives to some of them only. */
const levelMessage = /^(Corruption|IO error|Invalid argument|NotFound|Not implemented): /;

/**
 * How a message ends when not the store's files are the trouble, but the machine: LevelDB passes
 * on the text of `strerror`.
 */
const machineTrouble = new RegExp(
  ": (No space left on device|Disk quota exceeded|File too large|Permission denied|Operation not permitted" +
    "|Read-only file system|Too many open files.*|Cannot allocate memory)$",
);

/**
 * What LevelDB, or the file system below it, means by an error.
 *
 * Everything that LevelDB says is damage, unless it is trouble of the machine that a rebuilt store
 * would meet as well: it calls a lost file, a cut table and a full disk all `LEVEL_IO_ERROR`. A
 * needless rebuild costs time; damage taken for trouble of the machine would stop the task.
 *
 * @returns `STORE_LOCKED`, `STORE_CORRUPT` or `STORE_UNAVAILABLE`.
 */
export function storeErrorOf(folder: string, error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const causes = causesOf(error);
  if (causes.some(({ code }) => code === "LEVEL_LOCKED")) return lockedError(folder, error);
  const ofLevel = causes.filter(({ message }) => levelMessage.test(message));
  if (ofLevel.length > 0 && !ofLevel.some(({ message }) => machineTrouble.test(message))) {
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

/** The error of a store that another process has open. */
export function lockedError(folder: string, cause?: unknown): PipelineError {
  return new PipelineError(
    "STORE_LOCKED",
    `Cannot open the store ${folder} as it is in use: stop the other process or choose another ` +
      `folder`,
    { cause },
  );
}

function causesOf(error: unknown): { readonly message: string; readonly code?: unknown }[] {
  const causes: (Error & { readonly code?: unknown })[] = [];
  for (let e = error; e instanceof Error; e = e.cause) causes.push(e);
  return causes;
}

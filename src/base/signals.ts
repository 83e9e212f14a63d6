import { PipelineError } from "./errors.ts";

/** Resolves as soon as the signal fires, at once if it has. */
export function fired(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

/**
 * Waits until whoever has news of a log calls.
 *
 * @param waiting Everyone who is called then; one is in it while it waits.
 * @throws {PipelineError} `ABORTED` when the signal fires first, or has fired.
 */
export function woken(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = () => reject(new PipelineError("ABORTED", "Cannot read as the reader is closed"));
  waiting.add(resolve);
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return promise.finally(() => {
    waiting.delete(resolve);
    signal.removeEventListener("abort", stop);
  });
}

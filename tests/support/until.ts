/** How long a wait may take, and for what it is. */
export interface UntilOptions {
  /** Named where it never comes; a function says it as things are then. */
  readonly what: string | (() => string | Promise<string>);
  readonly msMax: number;
  /** Pause between two looks, ms; 100 without it. */
  readonly lookMs?: number;
}

/** Looks until something holds, on the machine's own clock. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  { what, msMax, lookMs = 100 }: UntilOptions,
): Promise<void> {
  const deadline = performance.now() + msMax;
  while (!await holds()) {
    if (performance.now() > deadline) {
      throw new Error(`not within ${msMax} ms: ${typeof what === "string" ? what : await what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

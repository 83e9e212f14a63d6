/** Lines of the trace that are shown of a failed run. */
const tailLines = 60;

/** What happened in a run, in order, as a fingerprint and as the last lines. */
export class Trace {
  readonly #tail: string[] = [];
  #hash = 0x811c9dc5;
  #events = 0;

  /** Adds an event. */
  add(nowMs: number, what: string): void {
    const line = `${nowMs.toFixed(2)} ${what}`;
    this.#hash = fnv1a(this.#hash, line);
    this.#events += 1;
    this.#tail.push(line);
    if (this.#tail.length > 4 * tailLines) this.#tail.splice(0, 3 * tailLines);
  }

  get events(): number {
    return this.#events;
  }

  /** Equal for equal runs. */
  get hash(): string {
    return this.#hash.toString(16).padStart(8, "0");
  }

  /** The last events. */
  get tail(): readonly string[] {
    return this.#tail.slice(-tailLines);
  }
}

/** @see Fowler, Noll and Vo's hash, 32 bits, variant 1a */
function fnv1a(hash: number, text: string): number {
  let h = hash;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

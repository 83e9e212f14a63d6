import type { Frame, FrameSource } from "../../src/feed/frame.ts";

/** One entry of a frame's `data` with some fields replaced. */
export function entry(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { c: ["1"], p: 187.5, s: "AAPL", t: 1_700_000_000_000, v: 3, ...fields };
}

/** The text of a frame of trades. */
export function tradeText(...data: unknown[]): string {
  return JSON.stringify({ data, type: "trade" });
}

/** A received frame. */
export function frameOf(text: string, sequence = 1): Frame {
  return { text, sequence, receivedAtMs: 1_700_000_000_100 };
}

/** A source that yields the given texts, then ends or throws. */
export class ListSource implements FrameSource {
  readonly producerId = "list-1";
  readonly #texts: readonly string[];
  readonly #failure: unknown;

  constructor(texts: readonly string[], failure?: unknown) {
    this.#texts = texts;
    this.#failure = failure;
  }

  async *frames(signal: AbortSignal): AsyncGenerator<Frame> {
    for (const [index, text] of this.#texts.entries()) {
      await Promise.resolve();
      if (signal.aborted) return;
      yield frameOf(text, index + 1);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** Everything that an iterable yields. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  return await Array.fromAsync(items);
}

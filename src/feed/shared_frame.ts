/** What one subscriber gets of a frame. */
export interface FrameShare {
  readonly text: string;
  readonly tradeCount: number;
}

/**
 * A frame that several subscribers share, each of them only the symbols it asked for.
 *
 * Texts without a list of trades (pings, errors, damaged lines) are for all clients, and so are
 * entries without a symbol: the receiver shall see the damage.
 */
export class SharedFrame {
  readonly #text: string;
  readonly #message: { readonly data: readonly unknown[] } | undefined;
  readonly #symbols: readonly (string | undefined)[];

  constructor(text: string) {
    this.#text = text;
    this.#message = messageWithData(text);
    this.#symbols = (this.#message?.data ?? []).map(symbolOf);
  }

  /**
   * Cuts the frame down; the order is kept, and so is the text itself if nothing is cut.
   *
   * @returns Nothing if nothing is left.
   */
  shareOf(subscribed: ReadonlySet<string>): FrameShare | undefined {
    const isWanted = (index: number): boolean => {
      const symbol = this.#symbols[index];
      return symbol === undefined || subscribed.has(symbol);
    };
    const tradeCount = this.#symbols.filter((_, index) => isWanted(index)).length;
    if (!this.#message || tradeCount === this.#symbols.length) {
      return { text: this.#text, tradeCount };
    }
    if (tradeCount === 0) return undefined;
    const data = this.#message.data.filter((_, index) => isWanted(index));
    return { text: JSON.stringify({ ...this.#message, data }), tradeCount };
  }
}

function messageWithData(text: string): { readonly data: readonly unknown[] } | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return isObject(message) && Array.isArray(message["data"])
      ? { ...message, data: message["data"] }
      : undefined;
  } catch {
    return undefined;
  }
}

function symbolOf(entry: unknown): string | undefined {
  const symbol = isObject(entry) ? entry["s"] : undefined;
  return typeof symbol === "string" ? symbol : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

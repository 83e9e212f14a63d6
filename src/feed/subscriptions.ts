import { parseFrame } from "./parse_frame.ts";

/** Symbols that Finnhub's free plan allows on its one connection. */
export const freePlanSymbolsMax = 50;

/** Messages of the server that are remembered as said, at most. */
const messagesSaidMax = 100;

/** Characters of a server's message that are shown. */
const messageLengthMax = 200;

/** Error frames are short; longer texts are not looked into a second time. */
const errorTextLengthMax = 1_024;

const invalidSymbol = /^invalid symbol:?\s*(.*)$/i;
const tooManySymbols = /too many symbols/i;

/** Under which the plan's limit is remembered as said. */
const tooManyTopic = "too many";

/** Something to report to the operator, once. */
export interface Notice {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * What the client wants to hear of, and what the server would not give. No input or output of
 * its own: it makes the messages to send and the notices to log.
 */
export class Subscriptions {
  #symbols: readonly string[];
  readonly #refused = new Set<string>();
  readonly #said = new Set<string>();

  constructor(symbols: Iterable<string>) {
    this.#symbols = [...new Set(symbols)];
  }

  /** What the client wants to hear of. */
  get symbols(): readonly string[] {
    return this.#symbols;
  }

  /**
   * Wants other symbols from now on.
   *
   * @returns Messages for an open connection: first those that free places, then those that take
   *   them, also for symbols that the server had probably no place for.
   */
  change(symbols: Iterable<string>): string[] {
    const before = new Set(this.#symbols);
    const after = new Set(symbols);
    if (this.#said.delete(tooManyTopic)) {
      for (const symbol of this.#symbols.slice(freePlanSymbolsMax)) before.delete(symbol);
    }
    this.#symbols = [...after];
    for (const symbol of this.#refused) if (!after.has(symbol)) this.#refused.delete(symbol);
    return [
      ...[...before.difference(after)].map(unsubscribeMessage),
      ...[...after.difference(before)].map(subscribeMessage),
    ];
  }

  /** Messages to send when a connection has opened: all symbols, those once refused too. */
  opening(): string[] {
    this.#refused.clear();
    return this.#symbols.map(subscribeMessage);
  }

  /** Messages that ask again for the symbols refused as unknown. */
  retrying(): string[] {
    const symbols = [...this.#refused];
    this.#refused.clear();
    return symbols.map(subscribeMessage);
  }

  /**
   * Learns from an error message of the server.
   *
   * @returns A notice, unless the same was said before.
   */
  refused(message: string): Notice | undefined {
    if (tooManySymbols.test(message)) return this.#once(tooManyTopic, () => this.#tooMany());
    const symbol = invalidSymbol.exec(message)?.[1] ?? "";
    if (!this.#symbols.includes(symbol)) return this.#once(message, () => otherRefusal(message));
    this.#refused.add(symbol);
    return this.#once(`symbol ${symbol}`, () => unknownSymbol(symbol));
  }

  #once(topic: string, notice: () => Notice): Notice | undefined {
    if (this.#said.has(topic) || this.#said.size >= messagesSaidMax) return undefined;
    this.#said.add(topic);
    return notice();
  }

  /** The message does not say which; symbols are served in the order they were asked for. */
  #tooMany(): Notice {
    return {
      message:
        "The feed takes no more symbols on this key's plan: the last ones bring no trades; " +
        "ask for fewer in FINHUB_SYMBOLS or use a key with a larger plan",
      fields: {
        asked: this.#symbols.length,
        freePlan: freePlanSymbolsMax,
        likelyRefused: this.#symbols.slice(freePlanSymbolsMax),
      },
    };
  }
}

/** The message of a frame that reports an error, else `undefined`; cheap for other frames. */
export function errorMessageOf(text: string): string | undefined {
  if (text.length > errorTextLengthMax || !text.includes('"error"')) return undefined;
  const parsed = parseFrame(text);
  return parsed.kind === "error" ? parsed.message : undefined;
}

function subscribeMessage(symbol: string): string {
  return JSON.stringify({ type: "subscribe", symbol });
}

function unsubscribeMessage(symbol: string): string {
  return JSON.stringify({ type: "unsubscribe", symbol });
}

function unknownSymbol(symbol: string): Notice {
  return {
    message: "The feed does not know a symbol; the others continue, it is asked for again later",
    fields: { symbol },
  };
}

function otherRefusal(message: string): Notice {
  return {
    message: "The feed reports an error",
    fields: { answer: message.slice(0, messageLengthMax) },
  };
}

import { symbolFault } from "../base/symbol.ts";

/** Subscriptions of one connection of Finnhub's free plan. */
export const symbolLimitDefault = 50;

/** Bytes of a message from a client; longer ones are not read. */
const messageLengthMax = 4_096;

/** What a server allows its clients. */
export interface SubscriberOptions {
  /** Symbols per connection. */
  readonly symbolLimit: number;
  /** Symbols that exist; every legal one without it. */
  readonly knownSymbols?: ReadonlySet<string>;
}

/** The subscriptions of one connection, and what the server answers to its messages. */
export class Subscriber {
  readonly #terms: SubscriberOptions;
  readonly #symbols = new Set<string>();

  constructor(terms: SubscriberOptions) {
    this.#terms = terms;
  }

  get symbols(): ReadonlySet<string> {
    return this.#symbols;
  }

  /**
   * Takes a message from the client.
   *
   * @returns The error frame to answer with, or nothing: Finnhub does not confirm.
   */
  receive(message: string): string | undefined {
    const request = readRequest(message);
    if (!request) return errorFrame("Invalid message");
    const { type, symbol } = request;
    if (type === "unsubscribe") return this.#unsubscribe(symbol);
    if (type === "subscribe") return this.#subscribe(symbol);
    return errorFrame("Invalid message type");
  }

  #subscribe(symbol: unknown): string | undefined {
    if (typeof symbol !== "string" || symbolFault(symbol) !== undefined) {
      return errorFrame("Invalid symbol");
    }
    const { knownSymbols, symbolLimit } = this.#terms;
    if (knownSymbols && !knownSymbols.has(symbol)) return errorFrame(`Invalid symbol ${symbol}`);
    if (!this.#symbols.has(symbol) && this.#symbols.size >= symbolLimit) {
      return errorFrame("Subscribing to too many symbols");
    }
    this.#symbols.add(symbol);
    return undefined;
  }

  #unsubscribe(symbol: unknown): undefined {
    if (typeof symbol === "string") this.#symbols.delete(symbol);
  }
}

function readRequest(message: string): { type?: unknown; symbol?: unknown } | undefined {
  if (message.length > messageLengthMax) return undefined;
  try {
    const request: unknown = JSON.parse(message);
    return typeof request === "object" && request !== null ? request : undefined;
  } catch {
    return undefined;
  }
}

function errorFrame(msg: string): string {
  return JSON.stringify({ msg, type: "error" });
}

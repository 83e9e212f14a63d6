import { type Trade, tradeFault } from "../market/trade.ts";
import type { EntryFault, ParsedFrame } from "./frame.ts";
import type { Message } from "./message.ts";

const noFaults: readonly EntryFault[] = [];

/**
 * Reads a message of Finnhub's WebSocket protocol; total: no input makes it throw.
 *
 * Keys the protocol does not know are passed over. Causes and faults name kinds and numbers of
 * the message, never its text, so that they can be logged.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = `{"type":"trade","data":[{"s":"AAPL","p":187.5,"t":1700000000000,"v":3}]}`;
 * const parsed = parseFrame(text);
 * assert(parsed.kind === "trades");
 * assert.equal(parsed.trades[0]?.price, 187.5);
 * ```
 */
export function parseFrame(text: string): ParsedFrame {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return malformed("frame is not JSON");
  }
  if (!isObject(message)) return malformed(`frame must be an object: ${kindOf(message)}`);
  const { type } = message;
  if (type === "trade") return readTrades(message["data"]);
  if (type === "ping") return { kind: "ping" };
  if (type === "error") return readError(message["msg"]);
  return malformed(`type must be trade, ping or error: ${kindOf(type)}`);
}

/** The same for a message that may not be readable. */
export function parseMessage({ text, unreadable }: Message): ParsedFrame {
  return unreadable === undefined ? parseFrame(text) : malformed(unreadable.fault);
}

function malformed(cause: string): ParsedFrame {
  return { kind: "malformed", cause };
}

function readError(message: unknown): ParsedFrame {
  if (typeof message === "string") return { kind: "error", message };
  return malformed(`msg of an error must be a string: ${kindOf(message)}`);
}

function readTrades(data: unknown): ParsedFrame {
  if (!Array.isArray(data)) return malformed(`data must be an array: ${kindOf(data)}`);
  const trades: Trade[] = [];
  let faults: EntryFault[] | undefined;
  for (let index = 0; index < data.length; index++) {
    const trade = readTrade(data[index]);
    if (typeof trade === "string") (faults ??= []).push({ index, fault: trade });
    else trades.push(trade);
  }
  return { kind: "trades", trades, faults: faults ?? noFaults };
}

/** A trade, or what is wrong with the entry. */
function readTrade(entry: unknown): Trade | string {
  if (!isObject(entry)) return `entry must be an object: ${kindOf(entry)}`;
  const { s, p, v, t, c } = entry;
  if (typeof s !== "string") return `s must be a string: ${kindOf(s)}`;
  if (typeof p !== "number") return `p must be a number: ${kindOf(p)}`;
  if (typeof v !== "number") return `v must be a number: ${kindOf(v)}`;
  if (typeof t !== "number") return `t must be a number: ${kindOf(t)}`;
  const conditions = c ?? null;
  if (!isConditions(conditions)) return "c must be a list of strings or nulls";
  const trade: Trade = { symbol: s, price: p, volume: v, eventTimeMs: t, conditions };
  return tradeFault(trade) ?? trade;
}

function isConditions(value: unknown): value is (string | null)[] | null {
  if (value === null) return true;
  if (!Array.isArray(value)) return false;
  return value.every((code) => code === null || typeof code === "string");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The kind of a JSON value. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

import { seededRandom } from "../../src/base/random.ts";
import { fileLines } from "../../src/feed/file_lines.ts";
import { parseFrame } from "../../src/feed/parse_frame.ts";
import type { Trade } from "../../src/market/trade.ts";
import { SimulatedMarket } from "../../src/feed/simulated_market.ts";
import { simulatedSymbol } from "../../src/feed/simulated_symbol.ts";

/** A recording that a test made. */
export interface Recording {
  readonly path: string;
  readonly symbols: readonly string[];
  readonly trades: number;
}

/** Moment of the first frame: recordings are of the past. */
export const recordingStartMs: number = Date.UTC(2024, 0, 2, 14, 30);

const fourSymbols = ["AAPL", "AMZN", "BINANCE:BTCUSDT", "OANDA:EUR_USD"];

/** Which frames are made. */
export interface FramesOptions {
  readonly frames: number;
  readonly seed: number;
  readonly symbols?: readonly string[];
  /** Longest pause between two frames, ms. */
  readonly pauseMsMax?: number;
}

/** One trade in 2,000 comes after its window is closed. */
export const lateShare = 0.0005;

/** A little more than two days. */
export const twoDays: FramesOptions & { readonly symbols: readonly string[] } = {
  frames: 4_000,
  seed: 15,
  symbols: ["AAPL", "BINANCE:BTCUSDT"],
  pauseMsMax: 90_000,
};

/** Frames of a simulated market, disorder and late trades included. */
export function makeFrames(
  { frames, seed, symbols = fourSymbols, pauseMsMax = 400 }: FramesOptions,
): { readonly lines: readonly string[]; readonly trades: number } {
  const random = seededRandom(seed);
  const market = new SimulatedMarket(symbols.map((symbol) => simulatedSymbol(symbol)), random, {
    lateShare,
  });
  const lines: string[] = [];
  let trades = 0;
  let nowMs = recordingStartMs;
  for (let i = 0; i < frames; i++) {
    nowMs += Math.floor(random.next() * pauseMsMax);
    const { text, tradeCount } = market.nextFrame(nowMs);
    lines.push(text);
    trades += tradeCount;
  }
  return { lines, trades };
}

/** Writes such frames as JSON lines. */
export async function writeRecording(path: string, options: FramesOptions): Promise<Recording> {
  const { lines, trades } = makeFrames(options);
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`);
  return { path, symbols: options.symbols ?? fourSymbols, trades };
}

/** The trades of frames, in their order. */
export function tradesOf(lines: readonly string[]): Trade[] {
  return lines.flatMap((line) => {
    const frame = parseFrame(line);
    return frame.kind === "trades" ? frame.trades : [];
  });
}

/** What a recording from elsewhere holds. */
export async function readRecording(path: string): Promise<Recording> {
  const symbols = new Set<string>();
  let trades = 0;
  for await (const line of fileLines(path)) {
    const frame = parseFrame(line.text);
    if (frame.kind !== "trades") continue;
    trades += frame.trades.length;
    for (const { symbol } of frame.trades) symbols.add(symbol);
  }
  return { path, symbols: [...symbols], trades };
}

import { seededRandom } from "../../src/base/random.ts";
import { fileLines } from "../../src/feed/file_lines.ts";
import { parseFrame } from "../../src/feed/parse_frame.ts";
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

/** Writes frames of a simulated market, disorder and late trades included, as JSON lines. */
export async function writeRecording(
  path: string,
  { frames, seed, symbols = fourSymbols }: {
    readonly frames: number;
    readonly seed: number;
    readonly symbols?: readonly string[];
  },
): Promise<Recording> {
  const random = seededRandom(seed);
  const market = new SimulatedMarket(symbols.map((symbol) => simulatedSymbol(symbol)), random);
  const lines: string[] = [];
  let trades = 0;
  let nowMs = recordingStartMs;
  for (let i = 0; i < frames; i++) {
    nowMs += Math.floor(random.next() * 400);
    const { text, tradeCount } = market.nextFrame(nowMs);
    lines.push(text);
    trades += tradeCount;
  }
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`);
  return { path, symbols, trades };
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

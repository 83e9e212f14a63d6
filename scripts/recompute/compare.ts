import type { Expectation, ExpectedWindow } from "./expected.ts";
import type { ResultWindow, TradeCount, TradeTable, WindowTable } from "./results.ts";

/** What a comparison found. */
export interface Comparison {
  readonly name: string;
  /** Windows or counts looked at. */
  readonly compared: number;
  /** One line for each that differs, is missing or should not be there. */
  readonly mismatches: readonly string[];
}

/** How far a sum may be from the recomputed one, relative to it. */
const sumTolerance = 1e-9;

/** Compares a table's windows with the recomputed ones. */
export async function compareWindows(
  expectation: Expectation,
  table: WindowTable,
): Promise<Comparison> {
  const windows = expectation.windowsOf(table.sizeMs);
  const missing = new Set([...windows.values()].flatMap((map) => [...map.values()]));
  const mismatches: string[] = [];
  let compared = 0;
  for await (const row of table.rows()) {
    compared += 1;
    const window = windows.get(row.symbol)?.get(row.window_start);
    if (window === undefined) {
      mismatches.push(`${nameOf(row.symbol, row.window_start)}: must not be there`);
      continue;
    }
    missing.delete(window);
    const faults = windowFaults({ window, row, final: expectation.isFinal(window) });
    if (faults.length > 0) {
      mismatches.push(`${nameOf(row.symbol, row.window_start)}: ${faults.join(", ")}`);
    }
  }
  for (const { symbol, startMs } of missing) mismatches.push(`${nameOf(symbol, startMs)}: missing`);
  return { name: table.name, compared: compared + missing.size, mismatches };
}

/** Compares a table's numbers of trades with those of the recording. */
export async function compareTrades(
  expectation: Expectation,
  table: TradeTable,
): Promise<Comparison> {
  const counts = await table.counts();
  const expected = new Map(expectedCounts(expectation, table).map((c) => [countName(c), c]));
  const names = new Set([...expected.keys(), ...counts.map(countName)]);
  const found = new Map(counts.map((count) => [countName(count), count.count]));
  const mismatches: string[] = [];
  for (const name of names) {
    const [want, got] = [expected.get(name)?.count ?? 0, found.get(name) ?? 0];
    if (want !== got) mismatches.push(`${name}: ${got} trades instead of ${want}`);
  }
  return { name: table.name, compared: names.size, mismatches };
}

function expectedCounts(
  { tradesByDay }: Expectation,
  { byDay }: Pick<TradeTable, "byDay">,
): TradeCount[] {
  return [...tradesByDay].flatMap(([symbol, days]) => {
    if (byDay) return [...days].map(([date, count]) => ({ symbol, date, count }));
    return [{ symbol, count: [...days.values()].reduce((sum, count) => sum + count, 0) }];
  });
}

function countName({ symbol, date }: TradeCount): string {
  return date === undefined ? symbol : `${symbol} ${date}`;
}

function nameOf(symbol: string, startMs: number): string {
  return `${symbol} ${new Date(startMs).toISOString()}`;
}

/** A window, its row, and whether the row must be final. */
interface Pair {
  readonly window: ExpectedWindow;
  readonly row: ResultWindow;
  readonly final: boolean;
}

function windowFaults({ window, row, final }: Pair): string[] {
  const volume = window.volume.value;
  const priceVolume = window.priceVolume.value;
  return [
    fault("window_end", row.window_end, window.endMs),
    fault("trade_count", row.trade_count, window.count),
    fault("open", row.open, window.first?.p ?? null),
    fault("high", row.high, window.high),
    fault("low", row.low, window.low),
    fault("close", row.close, window.last?.p ?? null),
    Number.isInteger(volume)
      ? fault("volume", row.volume, volume)
      : sumFault("volume", row.volume, volume),
    sumFault("price_volume_multiply", row.price_volume_multiply, priceVolume / (window.count || 1)),
    volume === 0 ? fault("vwap", row.vwap, null) : sumFault("vwap", row.vwap, priceVolume / volume),
    fault("final", row.final, final),
  ].filter((text) => text !== undefined);
}

type Value = number | boolean | null;

function fault(column: string, got: Value, want: Value): string | undefined {
  return got === want ? undefined : `${column} ${got} instead of ${want}`;
}

function sumFault(column: string, got: number | null, want: number): string | undefined {
  const near = got !== null && Math.abs(got - want) <= sumTolerance * Math.abs(want);
  return near ? undefined : fault(column, got, want);
}

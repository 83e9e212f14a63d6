import { allDigits, byWindowStart, candlestick, named, stat, table, timeseries } from "./panels.ts";
import { at, type Dashboard, dashboard, type Variable } from "./dashboard.ts";
import { cassandra } from "./data_sources.ts";
import { candleTargets, withPrice } from "./candles.ts";

const oneSymbol = "symbol = ${symbol:sqlstring}";
const severalSymbols = "symbol IN (${compare:sqlstring})";

const shortOverShort =
  "Windows of 15 seconds over a short range, longer candles over a longer one.";

/** Points that a sum is made of at most: its range is right to a 2,500th. */
const sumPoints = 5_000;

/** Prices, candles and trades of one symbol, and the prices of several. */
export const market: Dashboard = dashboard({
  uid: "market",
  title: "Market",
  description: "Prices, candles and trades, from Cassandra",
  range: "30m",
  variables: [
    symbolVariable({ name: "symbol", label: "Symbol", multi: false }),
    symbolVariable({ name: "compare", label: "Compare", multi: true }),
  ],
  panels: [
    at({ x: 0, y: 0, w: 6, h: 4 }, lastPrice()),
    at({ x: 6, y: 0, w: 6, h: 4 }, change()),
    at({ x: 12, y: 0, w: 6, h: 4 }, total({ id: 3, title: "Volume", column: "volume" })),
    at({ x: 18, y: 0, w: 6, h: 4 }, total({ id: 4, title: "Trades", column: "trade_count" })),
    at({ x: 0, y: 4, w: 16, h: 13 }, candles()),
    at({ x: 16, y: 4, w: 8, h: 22 }, lastTrades()),
    at({ x: 0, y: 17, w: 8, h: 9 }, means()),
    at({ x: 8, y: 17, w: 8, h: 9 }, counts()),
    at({ x: 0, y: 26, w: 24, h: 9 }, prices()),
  ],
});

function lastPrice() {
  return stat({
    id: 1,
    title: "Last price",
    fields: "/^price$/",
    steps: [["blue", null]],
    field: allDigits,
    targets: named([cassandra.query(tradesOf("price, trade_timestamp", 1))]),
  });
}

function change() {
  return stat({
    id: 2,
    title: "Change over the range",
    description: "From the first candle's close to the last one's.",
    calc: "diffperc",
    fields: "/^close$/",
    steps: [["red", null], ["green", 0]],
    sparkline: true,
    // Since Grafana 11.3 diffperc is in percent.
    field: { unit: "percent", decimals: 2 },
    targets: candleTargets({
      symbols: oneSymbol,
      columns: "close, window_start",
      rest: withPrice,
    }),
    transformations: [byWindowStart],
  });
}

function total(
  { id, title, column }: { readonly id: number; readonly title: string; readonly column: string },
) {
  return stat({
    id,
    title: `${title} in the range`,
    calc: "sum",
    fields: "/^total$/",
    steps: [["blue", null]],
    field: { unit: column === "volume" ? "short" : "none" },
    maxDataPoints: sumPoints,
    targets: candleTargets({
      symbols: oneSymbol,
      columns: `sum(${column}) AS total`,
      rest: "GROUP BY symbol, resolution, bucket",
    }),
  });
}

function candles() {
  return candlestick({
    id: 5,
    title: "$symbol",
    description: "The shortest candles that have two pixels each: 15s, 1m, 5m, 1h or 1d.",
    field: allDigits,
    targets: candleTargets({
      symbols: oneSymbol,
      columns: "window_start, open, high, low, close, volume",
      rest: withPrice,
    }),
    transformations: [byWindowStart],
  });
}

function lastTrades() {
  return table({
    id: 6,
    title: "Last trades of $symbol",
    description: "The newest hundred trades of the range, newest first.",
    columns: {
      Time: { unit: "time:YYYY-MM-DD HH:mm:ss.SSS", "custom.width": 190 },
      Price: allDigits,
      Volume: allDigits,
    },
    targets: named([
      cassandra.query(tradesOf("trade_timestamp, price, volume, trade_conditions", 100)),
    ]),
    transformations: [{
      id: "organize",
      options: {
        excludeByName: { symbol: true },
        indexByName: {},
        renameByName: {
          trade_timestamp: "Time",
          price: "Price",
          volume: "Volume",
          trade_conditions: "Conditions",
        },
      },
    }],
  });
}

function means() {
  return timeseries({
    id: 7,
    title: "Running average of $symbol",
    description: `Mean of price × volume over the trades of a window. ${shortOverShort}`,
    field: allDigits,
    targets: candleTargets({
      symbols: oneSymbol,
      columns: "price_volume_multiply, window_start",
      alias: "{{ symbol }}",
    }),
    transformations: [byWindowStart],
  });
}

function counts() {
  return timeseries({
    id: 8,
    title: "Trades of $symbol",
    description: `Trades in a window. ${shortOverShort}`,
    custom: { drawStyle: "bars", fillOpacity: 60 },
    field: { min: 0, unit: "none" },
    targets: candleTargets({
      symbols: oneSymbol,
      columns: "trade_count, window_start",
      alias: "{{ symbol }}",
    }),
    transformations: [byWindowStart],
  });
}

function prices() {
  return timeseries({
    id: 9,
    title: "Price by symbol",
    description:
      "Last price of each candle, on a logarithmic scale, as prices differ by magnitudes.",
    custom: { scaleDistribution: { type: "log", log: 10 } },
    field: allDigits,
    targets: candleTargets({
      symbols: severalSymbols,
      columns: "close, window_start",
      rest: withPrice,
      alias: "{{ symbol }}",
    }),
    transformations: [byWindowStart],
  });
}

function tradesOf(columns: string, limit: number): string {
  return `SELECT symbol, ${columns} FROM trades WHERE ${oneSymbol} ` +
    `AND trade_timestamp >= $__timeFrom AND trade_timestamp <= $__timeTo LIMIT ${limit}`;
}

function symbolVariable(
  { name, label, multi }: {
    readonly name: string;
    readonly label: string;
    readonly multi: boolean;
  },
): Variable {
  return {
    type: "query",
    name,
    label,
    datasource: cassandra.source,
    query: { query: "SELECT DISTINCT symbol FROM running_averages_15_sec" },
    refresh: 1,
    sort: 1,
    multi,
    includeAll: multi,
    ...multi ? { current: { text: ["All"], value: ["$__all"] } } : {},
  };
}

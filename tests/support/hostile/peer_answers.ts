/** What something that only looks like an instance may answer others that ask it. */

type Json = Readonly<Record<string, unknown>>;

/** Values that are none of the numbers, texts, lists and objects that an answer must have. */
const values: readonly unknown[] = [
  undefined,
  "1",
  true,
  [],
  {},
  "<script>alert(1)</script>",
  { toString: "x" },
  { __proto__: { x: 1 }, length: 3 },
];

/** Each member, one after the other, as something else. */
function broken(whole: Json, strange: readonly unknown[] = values): Json[] {
  return Object.keys(whole).flatMap((name) =>
    strange.filter((value) => typeof value !== typeof whole[name] || value === undefined)
      .map((value) => ({ ...whole, [name]: value }))
  );
}

/** Pages of candles that are none: variations of one that is. */
export function hostilePages(page: Json & { readonly candles: readonly Json[] }): unknown[] {
  const [candle = {}] = page.candles;
  const candles = [
    ...broken(candle, [undefined, "1"]),
    { ...candle, volume: null },
    { ...candle, start: 1.5 },
    { ...candle, start: 8.65e15 },
    { ...candle, count: -1 },
    null,
    [],
  ];
  return [
    ...broken(page, [undefined, 1, {}]),
    ...candles.map((strange) => ({ ...page, candles: [strange] })),
    { ...page, symbol: "MSFT" },
    { ...page, symbol: "AAPL\u202e" },
    { ...page, resolution: "2m" },
    { ...page, parts: [{ from: "elsewhere", count: 1 }] },
    { ...page, parts: [{ from: "state", count: -1 }] },
    { ...page, next: "http://" },
    { ...page, next: "http://evil.example/?to=x" },
    { ...page, next: "javascript:alert(1)" },
    { ...page, next: "/api/candles?symbol=AAPL" },
    { ...page, next: "/api/candles?to=1&to=x\r\n".repeat(400) },
    "",
    "null",
    "[]",
    '{"candles":',
    JSON.stringify(page).replace('"volume":0', '"volume":1e999'),
    JSON.stringify(page).replace('"count":1', '"count":1e999'),
    "[".repeat(100_000),
  ];
}

/** Summaries of a symbol that are none: variations of one that is. */
export function hostileSummaries(summary: Json): Json[] {
  return [
    ...broken(summary),
    { ...summary, symbol: "" },
    { ...summary, symbol: "A\u0000" },
    { ...summary, symbol: "A\u202eB" },
    { ...summary, symbol: "A\u009b31m" },
    { ...summary, symbol: "A\n\nevent: health\ndata: {}" },
    { ...summary, symbol: "\ud800" },
    { ...summary, symbol: "A".repeat(129) },
    { ...summary, partition: -1 },
    { ...summary, partition: 0.5 },
    { ...summary, count: -1 },
    { ...summary, time: 8.65e15 },
    { ...summary, time: 1e300 },
    { ...summary, time: 4_102_444_800_000 },
    { ...summary, price: null },
  ];
}

/** Trades of a watched symbol that are none: variations of one that is. */
export function hostileTrades(trade: Json): Json[] {
  return [
    ...broken(trade, [undefined, true, {}, ["1"]]),
    { ...trade, id: 7 },
    { ...trade, id: "" },
    { ...trade, id: "1e9" },
    { ...trade, id: "<b>1</b>" },
    { ...trade, price: null },
    { ...trade, time: "now" },
    { ...trade, conditions: "1,".repeat(10_000) },
  ];
}

/** Streams that are none of an instance. */
export const hostileEvents: readonly string[] = [
  "",
  "\n\n",
  "data: {}\n\n",
  "event: health\ndata: \n\n",
  "event: health\ndata: null\n\n",
  "event: health\ndata: {\n\n",
  "event: health\ndata: {}\n\n",
  'event: health\ndata: {"now":0,"tasks":{}}\n\n',
  'event: health\ndata: {"now":0,"tasks":[null]}\n\n',
  'event: health\ndata: {"now":"0","tasks":[]}\n\n',
  'event: health\ndata: {"now":1e999,"tasks":[]}\n\n',
  'event: health\ndata: {"now":0,"tasks":[{"partition":"0","state":"running","last_commit":0}]}\n\n',
  'event: health\ndata: {"now":0,"tasks":[{"partition":-1,"state":"running","last_commit":0}]}\n\n',
  'event: health\ndata: {"now":0,"tasks":[{"partition":0,"state":7,"last_commit":0}]}\n\n',
  'event: health\ndata: {"now":0,"tasks":[{"partition":0,"state":"running","last_commit":"x"}]}\n\n',
  "event: symbols\ndata: 7\n\n",
  'event: symbols\ndata: {"symbols":{}}\n\n',
  'event: symbols\ndata: {"symbols":[null,7,"A",[],{}]}\n\n',
  'event: candles\ndata: {"candles":[null,7,{"symbol":"A"}]}\n\n',
  'event: trades\ndata: {"trades":[null,7,{"symbol":"A"}]}\n\n',
  "event: listing\ndata: 7\n\n",
  'event: listing\ndata: {"partitions":["A"],"version":7}\n\n',
  'event: listing\ndata: {"partitions":{"-1":["A"],"x":["A"],"0.5":["A"]}}\n\n',
  'event: listing\ndata: {"partitions":{"0":"A","1":[null,7,"","A\u202e",["A"]]}}\n\n',
  'event: elsewhere\ndata: {"missing_partitions":[0]}\n\n',
  'event: health\r\ndata: {"now":0,"tasks":[]}\r\n\r\n',
  'event: constructor\ndata: {"constructor":[{"symbol":"A"}]}\n\n',
  'event: trades\ndata: {"__proto__":{"trades":[{"symbol":"A"}]}}\n\n',
  `event: trades\ndata: ${"[".repeat(100_000)}\n\n`,
];

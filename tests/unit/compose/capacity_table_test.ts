/** The capacity table of `docs/OPERATING.md` must be what its own figures and rules give. */
import assert from "node:assert/strict";
import operating from "../../../docs/OPERATING.md" with { type: "text" };

/** Measured or assumed, as the page says them; bytes, seconds and microseconds. */
const figures = {
  processUsPerRow: 100,
  coreShare: 0.7,
  producerTradesPerS: 87_500,
  copies: 3,
  usableCoresPerNode: 4,
  windowUs: 135,
  rowsPerSymbol: 3 * 5_760 + 5_760 + 365,
  storeBytesPerRow: 110,
  changelogBytesPerRow: 118,
  openingUsPerRow: 2,
  staleEntriesPerPartition: 900_000,
  restoredPerS: 400_000,
  spoolBytesPerTrade: 93,
  topicBytesPerTrade: 100,
  tradeBytes: 30,
  candleBytes: 75,
  candlesPerDay: 7_513,
} as const;

/** Trades a second from which the table assumes a commit a second, not ten. */
const secondlyFrom = 10_000;

const weekS = 7 * 86_400;
const dayS = 86_400;

function bytes(count: number): string {
  const [unit, size] = ([["TB", 1e12], ["GB", 1e9], ["MB", 1e6]] as const)
    .find(([, size]) => count >= size) ?? ["kB", 1e3];
  const value = count / size;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

const seconds = (value: number) => `${Math.round(value)} s`;

/** A line of the table, from its first two columns. */
function expectedLine(trades: number, symbols: number): string[] {
  const f = figures;
  const commits = trades < secondlyFrom ? 10 : 1;
  const changed = Math.min(trades, commits * symbols);
  const written = Math.min(trades, symbols);
  const tradeUs = 20 + 115 / (trades / changed);
  const instances = Math.ceil((trades + 5 * changed) * f.processUsPerRow / 1e6 / f.coreShare);
  const partitions = 2 ** Math.ceil(Math.log2(2 * instances));
  const cores = f.copies * (2 * trades * tradeUs + 6 * written * f.windowUs) / 1e6;
  const rows = symbols * f.rowsPerSymbol;
  const owned = rows / instances;
  const held = owned * (instances > 1 ? 2 : 1);
  const stale = Math.ceil(partitions / instances) * f.staleEntriesPerPartition;
  const tables = trades * dayS * f.tradeBytes + symbols * f.candlesPerDay * f.candleBytes;
  return [
    (2 * trades + 6 * written).toLocaleString("en"),
    String(partitions),
    String(instances),
    String(Math.ceil(trades / f.producerTradesPerS)),
    String(Math.max(3, Math.ceil(cores / f.usableCoresPerNode))),
    bytes(held * f.storeBytesPerRow),
    bytes(rows * f.changelogBytesPerRow),
    seconds(held * f.openingUsPerRow / 1e6),
    seconds((2 * owned + stale) / f.restoredPerS),
    bytes(trades * 3_600 * f.spoolBytesPerTrade),
    bytes(trades * weekS * f.topicBytesPerTrade),
    bytes(tables),
  ];
}

Deno.test("the capacity table is what the figures beside it give", () => {
  const [, table = ""] = /^\| trades\/s .*\n\|[- |]+\n((?:\|.*\n)+)/m.exec(operating) ?? [];
  const lines = table.trim().split("\n").map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
  assert.equal(lines.length, 5);
  for (const [trades = "", symbols = "", ...rest] of lines) {
    const [r = 0, s = 0] = [trades, symbols].map((text) => Number(text.replaceAll(",", "")));
    assert.deepEqual(rest, expectedLine(r, s), trades);
  }
});

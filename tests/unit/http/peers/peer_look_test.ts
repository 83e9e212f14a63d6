import assert from "node:assert/strict";
import { type Look, lookQuery, serves } from "../../../../src/http/peers/peer_look.ts";

function look(symbols: readonly string[], rows: readonly string[] = []): Look {
  return { symbols: new Set(symbols), rows: new Set(rows) };
}

function names(count: number, name = "S"): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index}`);
}

Deno.test("lookQuery() names what is looked at", () => {
  assert.equal(
    lookQuery(look(["BINANCE:BTCUSDT"], ["AAPL", "&row"])),
    "&symbol=BINANCE%3ABTCUSDT&row=AAPL&row=%26row",
  );
  assert.equal(lookQuery(look([])), "");
});

Deno.test.each([
  { what: "more rows than a stream takes", wanted: look(["A"], names(1_001, "")) },
  { what: "rows too long for an address", wanted: look(["A"], names(100, "x".repeat(120))) },
])("lookQuery() asks for all rows where there are $what", ({ wanted }) => {
  assert.equal(lookQuery(wanted), "&symbol=A&rows=all");
});

Deno.test("lookQuery() fits an address whatever is looked at", () => {
  const long = names(500, "é".repeat(120));
  const query = lookQuery(look(long, long));
  assert.ok(query.startsWith("&symbol=%C3%A9") && query.endsWith("&rows=all"));
  assert.ok(query.length < 10_100, String(query.length));
});

Deno.test.each([
  { asked: look(["A"], ["B"]), wanted: look(["A"], ["B"]), good: true },
  { asked: look(["A"], ["B"]), wanted: look([], []), good: true },
  { asked: look(["A"], ["B"]), wanted: look(["B"], ["B"]), good: false },
  { asked: look(["A"], ["B"]), wanted: look(["A"], ["C"]), good: false },
  { asked: look([], names(140)), wanted: look([], names(20)), good: true },
  { asked: look([], names(141)), wanted: look([], names(20)), good: false },
])("serves() is $good for what is asked and wanted in case $#", ({ asked, wanted, good }) => {
  assert.equal(serves(asked, wanted), good);
});

/**
 * What a person reads on the market dashboard equals the rows: the plugin's answers, recorded by
 * `fixtures/record.ts`, go through Grafana's own transformations, reducers and units.
 */
import assert from "node:assert/strict";
import { resolutions } from "../../src/market/resolutions.ts";
import type { WindowRow } from "../../src/market/rows.ts";
import type { Panel } from "../support/grafana/dashboards.ts";
import { type Answer, marketPanel, statementsOf, stepMs } from "./answers.ts";
import { grafanaVersions, loadGrafanaData } from "./grafana_data.ts";
import { PanelReader } from "./readings.ts";
import { chosen, nowMs, tradeRows, views, windowRows } from "./rows.ts";

type View = typeof views[number];

const [symbol = ""] = chosen["symbol"] ?? [];

const recorded = new Map(
  (await Deno.readTextFile(new URL("fixtures/answers.jsonl", import.meta.url)))
    .trimEnd()
    .split("\n")
    .map((line): Answer => JSON.parse(line)).map((
      { statement, frames },
    ) => [statement, frames]),
);

for (const version of grafanaVersions) {
  const library = loadGrafanaData(version);
  const reader = new PanelReader(library);
  for (const view of views) {
    const answersOf = (panel: Panel) =>
      statementsOf(library, panel, view).flatMap((statement) => recorded.get(statement) ?? []);
    const rowsOf = (panel: Panel) => rowsShown(stepMs(library, panel, view), view);
    const stat = (title: string) => reader.stats(marketPanel(title), answersOf(marketPanel(title)));
    const lines = (title: string) =>
      reader.lines(marketPanel(title), answersOf(marketPanel(title)));
    const name = (panel: string) => `Grafana ${version}, ${view.name}: ${panel}`;

    Deno.test(name("the last price has all its digits"), async () => {
      const readings = await stat("Last price");
      assert.deepEqual(readings.map(({ text }) => text), ["228.58"]);
    });

    Deno.test(
      name(
        "the change is that from the first close to the last, and has a line",
      ),
      async () => {
        const closes = rowsOf(marketPanel("Change over the range"))
          .flatMap(({ close }) => close ?? []);
        const [first = 0, last = 0] = [closes[0], closes.at(-1)];
        const text = `${((last - first) / first * 100).toFixed(2)}%`;
        const [reading] = await stat("Change over the range");
        assert.equal(reading?.text, text);
        assert.equal(reading?.points, closes.length);
        assert.deepEqual([reading?.min, reading?.max], [
          Math.min(...closes),
          Math.max(...closes),
        ]);
      },
    );

    Deno.test(name("volume and trades are the sums of the range"), async () => {
      const panel = marketPanel("Trades in the range");
      const sum = (of: (row: WindowRow) => number) =>
        rowsOf(panel).reduce((total, row) => total + of(row), 0);
      // Partitions come each with its sum.
      const [trades] = await stat("Trades in the range");
      assert.equal(trades?.text, String(sum(({ count }) => count)));
      const [volume] = await stat("Volume in the range");
      assert.equal(
        volume?.text,
        String(Number(sum((row) => row.volume).toPrecision(3))),
      );
    });

    Deno.test(
      name("candles have the prices of the rows, oldest first"),
      async () => {
        const rows = rowsOf(marketPanel("$symbol")).filter(({ close }) => close !== null);
        assert.ok(rows.length > 1);
        const prices = (["open", "high", "low", "close"] as const).map((
          field,
        ) => ({
          name: field,
          points: rows.map((row) => [row.startMs, String(row[field])]),
        }));
        const read = await lines("$symbol");
        assert.deepEqual(read.slice(0, 4), prices);
        assert.deepEqual(
          read[4]?.points.map(([startMs]) => startMs),
          rows.map(({ startMs }) => startMs),
        );
      },
    );

    Deno.test(
      name("lines of one symbol are the windows of the range"),
      async () => {
        const rows = rowsOf(marketPanel("Trades of $symbol"));
        assert.deepEqual(await lines("Trades of $symbol"), [
          {
            name: symbol,
            points: rows.map(({ startMs, count }) => [startMs, String(count)]),
          },
        ]);
        assert.deepEqual(await lines("Running average of $symbol"), [
          {
            name: symbol,
            points: rows.map((
              row,
            ) => [row.startMs, String(row.priceVolumeMultiply)]),
          },
        ]);
      },
    );

    Deno.test(
      name("every symbol has all its prices, whichever comes first"),
      async () => {
        const panel = marketPanel("Price by symbol");
        const answers = answersOf(panel);
        const expected = (chosen["compare"] ?? []).map((each) => ({
          name: each,
          points: rowsShown(stepMs(library, panel, view), view, each)
            .filter(({ close }) => close !== null)
            .map(({ startMs, close }) => [startMs, String(close)]),
        }));
        for (const order of [answers, answers.toReversed()]) {
          const read = await reader.lines(panel, order);
          const sorted = expected.map(({ name }) => read.find((line) => line.name === name));
          assert.deepEqual(sorted, expected);
        }
      },
    );

    Deno.test(
      name("the table has the newest trades with all digits"),
      async () => {
        const panel = marketPanel("Last trades of $symbol");
        const shown = tradeRows.filter(({ tradeTimeMs }) => tradeTimeMs >= view.fromMs);
        assert.deepEqual(
          await reader.rows(panel, answersOf(panel)),
          shown.map(({ tradeTimeMs, price, volume, conditions }) => ({
            Time: new Date(tradeTimeMs).toISOString().replace("T", " ").replace(
              "Z",
              "",
            ),
            Price: String(price),
            Volume: String(volume),
            Conditions: conditions ?? "",
          })),
        );
      },
    );
  }

  Deno.test(`Grafana ${version}: range and width bound the candles, and no bucket is missing`, () => {
    const panel = marketPanel("$symbol");
    const hour = 3_600_000;
    for (
      let rangeMs = 60_000;
      rangeMs < 18 * 365.25 * 24 * hour;
      rangeMs *= 1.17
    ) {
      for (const widthPixels of [300, 1_920, 8_000]) {
        const view = {
          name: "",
          fromMs: nowMs - Math.floor(rangeMs),
          widthPixels,
        };
        const sizeMs = sizeOf(stepMs(library, panel, view));
        assert.ok(
          rangeMs / sizeMs < Math.max(widthPixels / 2, 18 * 366),
          `${rangeMs} ${sizeMs}`,
        );
        const buckets = bucketsOf(sizeMs, view.fromMs);
        const most = sizeMs === 24 * hour ? 20 : 2;
        assert.ok(
          buckets.length <= most,
          `${buckets} for ${rangeMs} ms at ${widthPixels}`,
        );
      }
    }
  });
}

/** The shortest candle that is as long as two steps, or the longest there is. */
function sizeOf(step: number): number {
  const sizes = [...resolutions.values()];
  return sizes.find((sizeMs) => sizeMs >= 2 * step) ?? sizes.at(-1) ?? 0;
}

/** Oldest first. */
function rowsShown(step: number, { fromMs }: View, of = symbol): WindowRow[] {
  const sizeMs = sizeOf(step);
  return windowRows.filter((row) =>
    row.symbol === of && row.sizeMs === sizeMs && row.endMs > fromMs &&
    row.startMs <= nowMs
  ).toSorted((a, b) => a.startMs - b.startMs);
}

/** Names of the partitions between a time and now, as `cql/005_candles.cql` describes them. */
function bucketsOf(sizeMs: number, fromMs: number): string[] {
  const length = sizeMs < 60_000 ? 10 : sizeMs < 3_600_000 ? 7 : 4;
  const names = new Set<string>();
  for (let timeMs = fromMs; timeMs < nowMs; timeMs += 86_400_000 / 2) {
    names.add(new Date(timeMs).toISOString().slice(0, length));
  }
  return [...names.add(new Date(nowMs).toISOString().slice(0, length))];
}

import assert from "node:assert/strict";
import { AveragesTable } from "./averages_table.ts";
import { type AverageRow, minuteMs } from "./job.ts";

const row: AverageRow = {
  sensor: "roof",
  sizeMs: minuteMs,
  startMs: 1_767_610_680_000,
  meanCelsius: 21.5,
  readings: 2,
  final: false,
  versionUs: 1_767_610_681_000_000,
};
const newer: AverageRow = { ...row, meanCelsius: 22, readings: 3, final: true };

Deno.test("AveragesTable takes no row back to an older one", async () => {
  using table = new AveragesTable(":memory:");
  const later = { ...newer, versionUs: row.versionUs + 1 };
  await table.write([row]);
  assert.deepEqual(table.averages(minuteMs), [row]);
  await table.write([later]);
  await table.write([row]);
  assert.deepEqual(table.averages(minuteMs), [later]);
});

Deno.test("AveragesTable writes all rows or none, and says why", async () => {
  using table = new AveragesTable(":memory:");
  const impossible = { ...row, sensor: "cellar", meanCelsius: NaN };
  await assert.rejects(table.write([row, impossible]), { code: "SINK_REJECTED" });
  assert.deepEqual(table.averages(minuteMs), []);
});

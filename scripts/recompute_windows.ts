/**
 * Checks a run from outside: recomputes every window of a recording with code of its own, and
 * compares.
 *
 * Imports nothing from `src`, so that a mistake there cannot be repeated here.
 */
import { print, printError } from "./lib/print.ts";
import { cassandraResults } from "./recompute/cassandra_results.ts";
import { compareTrades, compareWindows, type Comparison } from "./recompute/compare.ts";
import { Expectation } from "./recompute/expected.ts";
import { tradesOf } from "./recompute/frames.ts";
import { jsonlResults } from "./recompute/jsonl_results.ts";
import { helpText, readOptions, type RecomputeOptions } from "./recompute/options.ts";
import { type Results, summarySizeMs } from "./recompute/results.ts";
import { sqliteResults } from "./recompute/sqlite_results.ts";

const mismatchesShown = 10;

async function expectationOf({ frames, graceMs, policy }: RecomputeOptions): Promise<Expectation> {
  const expectation = new Expectation({ sizeMs: summarySizeMs, graceMs, policy });
  for (const path of frames) {
    for await (const trade of tradesOf(path)) expectation.add(trade);
  }
  return expectation;
}

async function openResults({ place, tables, ...rest }: RecomputeOptions): Promise<Results> {
  switch (place.kind) {
    case "sqlite":
      return sqliteResults(place.path, tables);
    case "results":
      return jsonlResults(place.path);
    case "cassandra":
      return await cassandraResults({ ...rest, contactPoint: place.contactPoint }, tables);
  }
}

function report({ name, compared, mismatches }: Comparison): void {
  print(`${name}: ${compared} compared, ${mismatches.length} mismatches`);
  for (const mismatch of mismatches.slice(0, mismatchesShown)) print(`  ${mismatch}`);
  const more = mismatches.length - mismatchesShown;
  if (more > 0) print(`  and ${more} more`);
}

/** @returns True when nothing differs. */
async function recompute(options: RecomputeOptions): Promise<boolean> {
  const expectation = await expectationOf(options);
  const { tradeCount, lateCount } = expectation;
  print(`recording: ${tradeCount} trades, ${lateCount} of them late`);
  await using results = await openResults(options);
  const comparisons: Comparison[] = [];
  for (const table of results.windowTables) {
    comparisons.push(await compareWindows(expectation, table));
  }
  for (const table of results.tradeTables) {
    comparisons.push(await compareTrades(expectation, table));
  }
  comparisons.forEach(report);
  return comparisons.every(({ mismatches }) => mismatches.length === 0);
}

const options = Deno.args.includes("--help") ? helpText : readOptions(Deno.args);
if (typeof options === "string") {
  printError(options);
  Deno.exitCode = options === helpText ? 0 : 2;
} else {
  Deno.exitCode = await recompute(options) ? 0 : 1;
}

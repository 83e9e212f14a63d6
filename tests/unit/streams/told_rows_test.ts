/** When those who look on learn of a commit's rows. */
import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { CountingWorld } from "../../support/counting_run.ts";
import type { CountingRow } from "../../support/counting_topology.ts";
import { measurements } from "../../support/measurements.ts";
import { until } from "../../support/until.ts";

const kindsOf = (rows: Iterable<CountingRow>) => new Set([...rows].map(({ kind }) => kind));

/** True when a query that is made now finds the row's window as the row has it. */
async function isFound(
  app: ReturnType<CountingWorld["app"]>,
  { key, startMs, versionUs }: Extract<CountingRow, { kind: "window" }>,
): Promise<boolean> {
  const query = { fromMs: startMs, toMs: startMs + 1, limit: 1 };
  const [found] = await app.windows(key, query) ?? [];
  return found?.versionUs === versionUs;
}

Deno.test("Rows are told of and can be asked for once they are committed, before the sink has them", async () => {
  const world = new CountingWorld({ partitions: 1 });
  let away = true;
  world.sink.hook = (step, rows) => {
    if (!away || step !== "before-write" || !kindsOf(rows).has("window")) return;
    throw new PipelineError("SINK_UNAVAILABLE", "the sink is unavailable");
  };
  await world.feed(measurements(1, 3), 2_000_000);
  const app = world.app();
  const told: CountingRow[] = [];
  const asked: Promise<boolean>[] = [];
  app.listen({
    opened() {},
    fetched() {},
    committed() {},
    rows(_input, rows) {
      told.push(...rows);
      for (const row of rows) if (row.kind === "window") asked.push(isFound(app, row));
    },
    failed() {},
    closed() {},
  });
  const stop = new AbortController();
  const running = app.run(stop.signal);
  const isTold = (kind: string) => kindsOf(told).has(kind as CountingRow["kind"]);
  await until(() => isTold("window"), { what: "a window", msMax: 5_000, lookMs: 1 });
  assert.ok(isTold("event"), "the sink has it already");
  assert.deepEqual([...kindsOf(world.sink.rows.values())], ["event"]);
  assert.deepEqual(new Set(await Promise.all(asked)), new Set([true]), "a query finds them");
  away = false;
  const isThere = () => kindsOf(world.sink.rows.values()).has("window");
  await until(isThere, { what: "the window in the sink", msMax: 5_000, lookMs: 1 });
  stop.abort();
  await running;
});

Deno.test("Whoever begins to look while a commit is under way is told of its rows, who does not look is not", async () => {
  const world = new CountingWorld({ partitions: 1 });
  let looks = false;
  const never = false;
  // Of events: before the transaction.
  world.sink.hook = (step) => void (looks ||= step === "before-write");
  await world.feed(measurements(1, 3), 2_000_000);
  const app = world.app();
  const told: CountingRow[] = [];
  let asked = 0;
  app.listen({
    opened() {},
    fetched() {},
    committed() {},
    rows: (_input, rows) => told.push(...rows),
    wantsRows() {
      asked += 1;
      return looks;
    },
    failed() {},
    closed() {},
  });
  app.listen({
    opened() {},
    fetched() {},
    committed() {},
    rows: () => assert.fail("it never looks"),
    wantsRows: () => never,
    failed() {},
    closed() {},
  });
  const stop = new AbortController();
  const running = app.run(stop.signal);
  await until(() => asked > 0, { what: "a commit", msMax: 5_000, lookMs: 1 });
  stop.abort();
  await running;
  assert.deepEqual(kindsOf(told), new Set(["event", "window"]));
});

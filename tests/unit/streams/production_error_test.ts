import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { CountingWorld } from "../../support/counting_run.ts";
import type { CountingRow, Measurement } from "../../support/counting_topology.ts";

const records: Measurement[][] = Array.from({ length: 20 }, (_, i) => [
  { key: "k", timeMs: 1_000 + i, value: i },
]);

/** A world whose sink refuses the rows of some events. */
async function worldRefusing(
  refused: readonly number[],
  onProductionError?: (error: unknown, row: unknown) => "leave-out" | "stop",
): Promise<CountingWorld> {
  const handlers = onProductionError === undefined ? {} : { onProductionError };
  const world = new CountingWorld({ partitions: 1, handlers });
  world.sink.hook = (step, rows) => {
    if (step !== "before-write" || !rows.some((row) => isRefused(row, refused))) return;
    throw new PipelineError("SINK_REJECTED", "Cannot write row as the sink must like it: no");
  };
  await world.feed(records, 2_000);
  return world;
}

function isRefused(row: CountingRow, refused: readonly number[]): boolean {
  return row.kind === "event" && refused.includes(row.value);
}

Deno.test("StreamsApp leaves out the rows that the sink refuses, and no others, if the job says so", async () => {
  const asked: unknown[] = [];
  const world = await worldRefusing([3, 4, 17], (_error, row) => {
    asked.push((row as { readonly value: number }).value);
    return "leave-out";
  });
  assert.equal(await world.runToEnd(), "done");
  assert.deepEqual(asked, [3, 4, 17]);
  const events = [...world.sink.rows.values()].filter(({ kind }) => kind === "event");
  assert.equal(events.length, records.length - 3);
  assert.equal(world.counts().aggregated, records.length, "the state has them all the same");
});

Deno.test("StreamsApp stops at a row that the sink refuses, unless the job says otherwise", async () => {
  const world = await worldRefusing([3]);
  const stop = new AbortController();
  const app = world.app();
  const running = app.run(stop.signal);
  while (app.tasks[0]?.state !== "failed") await new Promise((resolve) => setTimeout(resolve, 0));
  assert.match(app.tasks[0].problem ?? "", /the sink must like it/);
  assert.equal(world.counts().aggregated, 0, "nothing of that commit is in the state");
  stop.abort();
  await running;
});

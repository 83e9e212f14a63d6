import assert from "node:assert/strict";
import type { OutputRecord } from "../../../src/streams/record.ts";
import { identityHeaders } from "../../../src/streams/record_identity.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { CountingWorld } from "../../support/counting_run.ts";
import { measurementRecord } from "../../support/counting_topology.ts";

/** Two measurements in a record, as its producer sends it, be it for the second time. */
function sent(sequence: number, producerId = "producer"): OutputRecord {
  const event = { key: "k", timeMs: 1_000 + sequence, value: sequence };
  return {
    ...measurementRecord([event, event], 2_000),
    headers: identityHeaders({ producerId, sequence }),
  };
}

function sumOf(world: CountingWorld): number {
  return [...world.sink.rows.values()].reduce(
    (sum, row) => row.kind === "window" ? sum + row.sum : sum,
    0,
  );
}

Deno.test("StreamsApp counts what a producer sent twice as duplicates, and does nothing else", async () => {
  const world = new CountingWorld({ partitions: 1 });
  await world.log.append([sent(1), sent(2), sent(1), sent(2), sent(3), sent(2, "another")]);
  assert.equal(await world.runToEnd(), "done");
  const { read, aggregated, duplicates } = world.counts();
  assert.deepEqual({ read, aggregated, duplicates }, { read: 12, aggregated: 8, duplicates: 4 });
  assert.equal(sumOf(world), 2 * (1 + 2 + 3 + 2));
  assert.equal([...world.sink.rows.values()].filter(({ kind }) => kind === "event").length, 8);
});

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`StreamsApp knows duplicates after a restart with the state ${state}`, async () => {
    const world = new CountingWorld({ partitions: 1 });
    await world.log.append([sent(1), sent(2)]);
    await world.runToEnd();
    if (state === "deleted") world.stores.wipe();
    await world.log.append([sent(2), sent(3)]);
    assert.equal(await world.runToEnd(), "done");
    assert.equal(world.counts().duplicates, 2);
    assert.equal(sumOf(world), 2 * (1 + 2 + 3));
  });
}

Deno.test("StreamsApp counts an unreadable record that was sent twice once as a dead letter", async () => {
  const world = new CountingWorld({ partitions: 1 });
  const unreadable = { ...sent(1), value: encodeText("no json") };
  await world.log.append([unreadable, unreadable]);
  await world.runToEnd();
  const { read, deadLetters, duplicates } = world.counts();
  assert.deepEqual({ read, deadLetters, duplicates }, { read: 2, deadLetters: 1, duplicates: 1 });
});

Deno.test("StreamsApp takes a record with a damaged sequence for one without a producer", async () => {
  const world = new CountingWorld({ partitions: 1 });
  const headers = { "producer-id": encodeText("producer"), sequence: encodeText("one") };
  await world.log.append([{ ...sent(1), headers }, { ...sent(1), headers }]);
  await world.runToEnd();
  assert.equal(world.counts().aggregated, 4);
});

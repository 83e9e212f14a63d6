import assert from "node:assert/strict";
import { partitionForKey } from "../../../src/streams/partitioner.ts";
import { PartsWriter } from "../../../src/streams/repartition_record.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { measurementRecord } from "../../support/counting_topology.ts";
import {
  addPartitions,
  contents,
  half,
  input,
  move,
  neverMoved,
  run,
  topics,
  windows,
  worldOf,
} from "../../support/moved_world.ts";

Deno.test("moveState() leaves input that was not read to the tasks, which send it on", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  await world.feed(input.slice(half, half + 20), 2_000_000);
  addPartitions(world, 5);
  assert.ok((await move(world)).unread >= 20);
  await run(world, input.slice(half + 20));
  const wanted = (await neverMoved(5)).counts().read;
  for (let turn = 0; turn < 20 && world.counts().read < wanted; turn++) {
    assert.equal(await world.runToEnd(), "done");
  }
  assert.equal(world.counts().read, wanted);
  assert.ok(world.counts().rekeyed > 0);
});

Deno.test("moveState() sends what waits to be re-keyed to where its keys are now", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  const waiting = new PartsWriter(topics.repartition);
  for (const [index, events] of input.slice(half).entries()) {
    const { key, value } = measurementRecord(events, 0);
    assert.ok(key !== null && value !== null);
    waiting.add(partitionForKey(key, 2), {
      value,
      keys: events.map(() => key),
      timestampMs: 2_000_000 + half + index,
      origin: { input: 0, partition: 0, offset: index, indexes: [...events.keys()] },
    });
  }
  await world.log.append(waiting.records());
  addPartitions(world, 5);
  await move(world);
  await run(world, []);
  const wanted = await neverMoved(5);
  assert.deepEqual(world.counts(), wanted.counts());
  assert.deepEqual(contents(world), contents(wanted));
});

// Only its job can cut a value: it goes whole to each partition that has a key of it.
Deno.test("moveState() sends events that waited together to where each is now, each once", async () => {
  const world = worldOf(2);
  const waiting = new PartsWriter(topics.repartition);
  for (const [offset, events] of Array.from(chunks(input.slice(0, half), 4)).entries()) {
    const together = events.flat();
    const { value } = measurementRecord(together, 0);
    const bytes = together.map(({ key }) => encodeText(key).slice());
    for (const partition of [0, 1]) {
      waiting.add(partition, {
        value: value ?? new Uint8Array(),
        keys: bytes.map((key) => partitionForKey(key, 2) === partition ? key : undefined),
        timestampMs: 2_000_000,
        origin: { input: 0, partition: 0, offset, indexes: [...together.keys()] },
      });
    }
  }
  await world.log.append(waiting.records());
  assert.equal(await world.runToEnd(), "done");
  const unmoved = windows(world);

  const moved = worldOf(2);
  await run(moved, []);
  await moved.log.append(waiting.records());
  addPartitions(moved, 5);
  await move(moved);
  await run(moved, []);
  assert.equal(moved.counts().read, input.slice(0, half).flat().length);
  assert.deepEqual(windows(moved), unmoved);
});

Deno.test("moveState() sends records of the repartition topic on that are not of our writing", async () => {
  const world = worldOf(2);
  await run(world, input.slice(0, half));
  const foreign = { key: encodeText("k"), value: encodeText("not ours"), timestampMs: 2_000_000 };
  await world.log.append([{ ...foreign, topic: topics.repartition, partition: 1 }]);
  addPartitions(world, 5);
  await move(world);
  await run(world, []);
  assert.equal(world.counts().deadLetters, 1);
});

function* chunks<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}

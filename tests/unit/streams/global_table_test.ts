import assert from "node:assert/strict";
import {
  encodeText,
  globalTable,
  job,
  json,
  stream,
  table,
  text,
  within,
} from "../../../src/streams/mod.ts";
import {
  describeTopology,
  mermaidTopology,
} from "../../../src/streams/topology/describe_topology.ts";
import { checkTopics } from "../../../src/streams/topology/check_topics.ts";
import { jobTopics } from "../../../src/streams/topology/job_topics.ts";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";

const names = globalTable("names", text());
const ids = stream("ids", text()).groupByKey();
const named = job("named").to("named", ids.join(names, (id) => id, (id, name) => `${id} ${name}`));

/** A record of the table; `null` deletes. */
function name(id: string, value: string | null) {
  return { topic: "names", key: id, value, timestampMs: 1 };
}

function id(value: string) {
  return { topic: "ids", key: "k", value, timestampMs: 1 };
}

function valuesOf(driver: TopologyTestDriver<never, never, never>): string[] {
  return driver.log.visible("named")
    .map(({ value }) => JSON.parse(new TextDecoder().decode(value ?? undefined)));
}

function start(topology = named, options = {}) {
  return TopologyTestDriver.start(topology as never, options) as Promise<
    TopologyTestDriver<never, never, never>
  >;
}

Deno.test("join() with a global table finds the key that a value names, and its newest value", async () => {
  await using driver = await start();
  await driver.pipe(id("a"));
  await driver.pipe(name("a", "Ada"), name("b", "Bo"));
  await driver.pipe(id("a"));
  await driver.pipe(name("a", "Ann"), name("b", null));
  await driver.pipe(id("a"), id("b"), id("c"));
  await driver.commit();
  assert.deepEqual(valuesOf(driver), ["a Ada", "a Ann"]);
  assert.equal(driver.counts.read, 2); // what is left out is not counted
});

Deno.test("leftJoin() with a global table has values without a partner, too", async () => {
  const joined = ids.leftJoin(
    names,
    (id, key) => id === "none" ? undefined : `${key}${id}`,
    (id, name) => `${id} ${name ?? "-"}`,
  );
  await using driver = await start(job("named").to("named", joined));
  await driver.pipe(name("ka", "Ada"));
  await driver.pipe(id("a"), id("b"), id("none"));
  await driver.commit();
  assert.deepEqual(valuesOf(driver), ["a Ada", "b -", "none -"]);
});

Deno.test("an instance reads a global table whole before it processes, all partitions of it", async () => {
  await using driver = await start(named, { instances: 2, partitions: 2 });
  driver.log.createTopic("names", 3); // more than the input has
  await driver.crash(0);
  await driver.crash(1);
  driver.log.readRecordsMax = 1;
  const all = Array.from({ length: 20 }, (_, i) => `n${i}`);
  await driver.log.append(
    all.map((value) => ({
      topic: "ids",
      key: encodeText(value),
      value: encodeText(value),
      timestampMs: 1,
    })),
  );
  await driver.log.append(
    all.map((key) => ({
      topic: "names",
      key: encodeText(key),
      value: encodeText("x"),
      timestampMs: 9,
    })),
  );
  for (const instance of [0, 1]) {
    for (let i = 0; i < 3; i++) driver.failNext("fetch"); // of the table's partitions
    await driver.restart(instance);
  }
  await driver.advance(20_000);
  assert.deepEqual(valuesOf(driver).sort(), all.map((id) => `${id} x`).sort());
});

Deno.test("what is committed stays as joined; what a crash lost is joined with what is there then", async () => {
  await using driver = await start();
  await driver.pipe(name("a", "Ada"));
  await driver.pipe(id("a"));
  await driver.commit();
  await driver.pipe(id("a"));
  await driver.pipe(name("a", "Ann"));
  driver.failNext("before-end", { error: "crash" });
  await driver.commit();
  await driver.crash();
  await driver.restart();
  await driver.commit();
  assert.deepEqual(valuesOf(driver), ["a Ada", "a Ann"]);
});

Deno.test("a record of a global table that cannot be read changes nothing", async () => {
  const numbers = globalTable("names", json<number>());
  await using driver = await start(
    job("named").to("named", ids.join(numbers, (id) => id, (id, n) => `${id} ${n + 1}`)),
  );
  await driver.pipe(name("a", "1"), name("a", "no JSON"), { ...name("a", "7"), key: null });
  await driver.pipe(id("a"));
  await driver.commit();
  assert.deepEqual(valuesOf(driver), ["a 2"]);
  assert.equal(driver.deadLetters.length, 0);
});

Deno.test("a global table that was made again, cut or got partitions is read again", async () => {
  await using driver = await start();
  await driver.pipe(name("a", "Ada"), name("b", "Bo"));
  driver.log.createTopic("names", 1);
  await driver.advance(60_000);
  await driver.pipe(name("b", "Ben"));
  await driver.pipe(id("a"), id("b"));
  await driver.commit();
  assert.deepEqual(valuesOf(driver).slice(-1), ["b Ben"]);
  driver.log.addPartitions("names", 2);
  await driver.pipe({ ...name("c", "Cy"), partition: 1 });
  await driver.advance(60_000);
  await driver.pipe(id("c"));
  await driver.commit();
  assert.deepEqual(valuesOf(driver).slice(-1), ["c Cy"]);
});

Deno.test("a global table that is larger than it may be stops its tasks, with the reason", async () => {
  const small = globalTable("names", text(), { bytesMax: 300 });
  await using driver = await start(
    job("named").to("named", ids.join(small, (id) => id, (id, name) => `${id} ${name}`)),
  );
  await driver.pipe(name("a", "x".repeat(100)));
  await driver.pipe(name("a", "y".repeat(100))); // in its place
  await driver.pipe(id("a"));
  await driver.commit();
  assert.equal(driver.tasks()[0]?.state, "running");
  await driver.pipe(name("b", "x".repeat(100)));
  await driver.pipe(id("a"));
  await driver.commit();
  assert.equal(driver.tasks()[0]?.state, "failed");
  assert.match(String(driver.tasks()[0]?.problem), /names as a global table .* 300 bytes/);
});

Deno.test("a log that does not answer for a global table is tried again", async () => {
  await using driver = await start();
  await driver.crash();
  for (let i = 0; i < 6; i++) driver.failNext("fetch");
  await driver.restart();
  await driver.pipe(name("a", "Ada"));
  await driver.advance(20_000);
  await driver.pipe(id("a"));
  await driver.commit();
  assert.deepEqual(valuesOf(driver), ["a Ada"]);
});

Deno.test("a global table is one topic of its job, with any number of partitions", async () => {
  const topics = jobTopics("app", named);
  assert.deepEqual(topics.filter(({ role }) => role === "global"), [
    { name: "names", role: "global" },
  ]);
  const log = {
    describe: (name: string) => Promise.resolve({ id: name, partitions: name === "names" ? 7 : 2 }),
  };
  await checkTopics(log, topics, 2);
  assert.match(describeTopology(named, "app"), /Global table: names, joined\n/);
  assert.match(mermaidTopology(named, "app"), /global0\[\("names"\)\] -. joined .-> windows\n/);
  assert.throws(() => ids.join(globalTable("ids", text()), (id) => id, (id) => id), /read once/);
  const tabled = ids.join(table("names", text()), (id) => id);
  assert.throws(() => tabled.join(names, (id) => id, (id) => id), /read once/);
  const other = stream("others", text()).groupByKey().join(names, (id) => id, (_id, name) => name);
  const both = job("both").to("pairs", ids.join("pairs", other, within("1s"), (a, b) => a + b));
  assert.deepEqual(both.globals, [names]);
  // The same table on both sides was two topics of one name, which no start took.
  const left = ids.join(names, (id) => id, (_id, name) => name);
  const twice = job("twice").to("pairs", left.join("pairs", other, within("1s"), (a, b) => a + b));
  assert.deepEqual(jobTopics("twice", twice).filter(({ role }) => role === "global").length, 1);
});

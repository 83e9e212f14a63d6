/** Streams joined with the changes of tables. */
import assert from "node:assert/strict";
import {
  decodeText,
  describeTopology,
  job,
  stream,
  table,
  text,
  within,
} from "../../../src/streams/mod.ts";
import { type TestInput, TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { jobTopics } from "../../../src/streams/topology/job_topics.ts";

const startMs = 1_000_000;
const labels = table("names", text()).join(table("cities", text()), (name, city) => {
  return `${name}/${city}`;
});
const asked = stream("asked", text()).groupByKey();
const pairs = asked.join(
  "pairs",
  labels.toStream(),
  within("1s", { grace: 0 }),
  (question, label) => `${question} ${label}`,
);
const topology = job("paired").to("pairs", pairs, { value: text() });

function set(topic: string, value: string): TestInput {
  return { topic, key: "1", value, timestampMs: startMs };
}

Deno.test("the topics of tables whose changes are joined with a stream are tables", () => {
  const roles = jobTopics("app", topology).slice(0, 3).map(({ name, role }) => `${name}: ${role}`);
  assert.deepEqual(roles, ["asked: input", "names: table", "cities: table"]);
  const told = describeTopology(topology, "app").split("\n").map((line) => line.trim());
  assert.deepEqual(told.slice(1, 4), [
    "Source: asked, one task per partition",
    "Table: names, joined with it",
    "Table: cities, joined with it",
  ]);
});

Deno.test("a change of a table in the wrong partition is a dead letter beside a stream too", async () => {
  await using driver = await TopologyTestDriver.start(topology, { startMs, partitions: 2 });
  await driver.pipe(set("asked", "who?"), set("cities", "Ulm"));
  const place = driver.log.visible("cities")[0]?.partition === 0 ? 0 : 1;
  await driver.pipe({ ...set("names", "Ida"), partition: 1 - place }, set("names", "Eva"));
  await driver.commit();
  const made = driver.log.visible("pairs").map(({ value }) =>
    decodeText(value ?? new Uint8Array())
  );
  assert.deepEqual(made, ["who? Eva/Ulm"]);
  assert.equal(driver.counts.deadLetters, 1);
});

Deno.test("both of two joined streams may be joined with the same table", async () => {
  const names = table("names", text());
  const named = asked.join(names, (question, name) => `${question} ${name}?`);
  const answered = stream("answers", text()).groupByKey()
    .leftJoin(names, (answer, name) => `${name}: ${answer}`);
  const both = named.join("both", answered, within("1s"), (one, other) => `${one} ${other}`);
  await using driver = await TopologyTestDriver.start(
    job("both").to("pairs", both, { value: text() }),
    { startMs },
  );
  await driver.pipe(set("names", "Eva"), set("asked", "who?"), set("answers", "me"));
  await driver.commit();
  const made = driver.log.visible("pairs").map(({ value }) =>
    decodeText(value ?? new Uint8Array())
  );
  assert.deepEqual(made, ["who? Eva? Eva: me"]);
});

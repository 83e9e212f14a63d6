/** Tables joined with each other. */
import assert from "node:assert/strict";
import {
  decodeText,
  describeTopology,
  type Job,
  job,
  type JoinedTable,
  json,
  mermaidTopology,
  stream,
  table,
  type TableChange,
  text,
  tumbling,
} from "../../../src/streams/mod.ts";
import { type TestInput, TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import { checkTopics } from "../../../src/streams/topology/check_topics.ts";
import { jobTopics } from "../../../src/streams/topology/job_topics.ts";
import { identityHeaders } from "../../../src/streams/record_identity.ts";
import { fc } from "../../support/properties.ts";

const startMs = 1_000_000;
const [names, cities] = [table("names", text()), table("cities", text())];

const both = (name?: string, city?: string) => `${name ?? "-"}/${city ?? "-"}`;
const inner = names.join(cities, both);
const left = names.leftJoin(cities, both);
const outer = names.outerJoin(cities, both);

function written(joined: JoinedTable<string>): Job<TableChange, never> {
  return job("joined").to("joined", joined, { value: text() });
}

function set(topic: string, value: string | null, key = "1", atMs = 0): TestInput {
  return { topic, key, value, timestampMs: startMs + atMs };
}

type Driver = Pick<TopologyTestDriver<TableChange, unknown, unknown>, "log">;

/** All that the topic of results says, `null` where a key is deleted. */
function changesOf({ log }: Driver, topic = "joined"): (string | null)[] {
  return log.visible(topic).map(({ value }) => value && (decodeText(value) ?? ""));
}

/** What a reader of that topic has in the end. */
function heldIn({ log }: Driver): Record<string, string> {
  const held = new Map<string, string>();
  for (const { key, value } of log.visible("joined")) {
    const name = decodeText(key ?? new Uint8Array()) ?? "";
    if (value === null) held.delete(name);
    else held.set(name, decodeText(value) ?? "");
  }
  return Object.fromEntries(held);
}

/** Each kind of join, what it makes of the same changes, one by one. */
const changes = [
  ["cities", "Ulm"],
  ["names", "Eva"],
  ["names", "Ida"],
  ["cities", null],
  ["cities", null],
  ["cities", "Jena"],
  ["names", null],
  ["cities", null],
  ["cities", null],
] as const;

for (
  const [kind, joined, expected] of [
    ["join", inner, [[], ["Eva/Ulm"], ["Ida/Ulm"], [null], [], ["Ida/Jena"], [null], [], []]],
    [
      "leftJoin",
      left,
      [[], ["Eva/Ulm"], ["Ida/Ulm"], ["Ida/-"], [], ["Ida/Jena"], [null], [], []],
    ],
    [
      "outerJoin",
      outer,
      [["-/Ulm"], ["Eva/Ulm"], ["Ida/Ulm"], ["Ida/-"], [], ["Ida/Jena"], ["-/Jena"], [null], []],
    ],
  ] as const
) {
  Deno.test(`${kind}() follows each change of either side, and deletes what is gone once`, async () => {
    await using driver = await TopologyTestDriver.start(written(joined), { startMs });
    const made: (readonly (string | null)[])[] = [];
    for (const [topic, value] of changes) {
      const before = changesOf(driver).length;
      await driver.pipe(set(topic, value));
      await driver.commit();
      made.push(changesOf(driver).slice(before));
    }
    assert.deepEqual(made, expected);
    const { read, aggregated } = driver.counts; // a deletion of nothing is left out
    assert.deepEqual([read, aggregated], [changes.length - 2, changes.length - 2]);
  });
}

Deno.test("a key that both tables have deleted leaves nothing in the state", async () => {
  await using driver = await TopologyTestDriver.start(written(outer), { startMs });
  await driver.pipe(set("names", "Eva"), set("cities", "Ulm"));
  await driver.commit();
  await driver.pipe(set("names", null), set("cities", null));
  await driver.commit();
  const newest = new Map(driver.changelog.map(({ key, value }) => [key?.toHex(), value] as const));
  assert.equal([...newest.values()].filter((value) => value !== null).length, 1); // the task's own
});

Deno.test("changes are taken in the order of their times, as far as they are there", async () => {
  await using driver = await TopologyTestDriver.start(written(inner), { startMs });
  await driver.crash();
  await driver.pipe(set("names", "Eva", "1", 3), set("names", "Ida", "1", 5));
  await driver.pipe(set("cities", "Ulm", "1", 1), set("cities", "Jena", "1", 4));
  await driver.restart();
  await driver.commit();
  assert.deepEqual(changesOf(driver), ["Eva/Ulm", "Eva/Jena", "Ida/Jena"]);
  await driver.pipe(set("cities", "Bonn", "1", 2)); // an earlier time, but it is the newest record
  await driver.commit();
  assert.deepEqual(heldIn(driver), { 1: "Ida/Bonn" });
});

Deno.test("what is unreadable, misplaced or without a key is a dead letter and changes nothing", async () => {
  const ages = table("ages", json((value): value is number => typeof value === "number"));
  const topology = job("joined").to("joined", names.join(ages, (name, age) => `${name} ${age}`));
  await using driver = await TopologyTestDriver.start(topology, { startMs, partitions: 2 });
  await driver.pipe(set("names", "Eva"), set("ages", "41"));
  const place = driver.log.visible("names")[0]?.partition === 0 ? 0 : 1;
  await driver.pipe(set("ages", '"old"'), set("ages", "no JSON"));
  await driver.pipe({ ...set("names", "Ida"), partition: 1 - place });
  await driver.pipe({ ...set("names", null), partition: 1 - place });
  await driver.pipe({ ...set("names", "Ida"), key: null, partition: place });
  await driver.pipe(set("names", "Ida", "x".repeat(9_000)));
  await driver.commit();
  assert.deepEqual(changesOf(driver), ['"Eva 41"']);
  const causes = driver.deadLetters.map(({ headers }) =>
    decodeText(headers["cause"] ?? new Uint8Array())
  );
  assert.deepEqual(causes.toSorted(), [
    ...["impossible-value", "key-mismatch", "key-mismatch"],
    ...["malformed", "malformed", "malformed"],
  ]);
  const { read, aggregated, deadLetters } = driver.counts;
  assert.deepEqual({ read, aggregated, deadLetters }, { read: 8, aggregated: 2, deadLetters: 6 });
});

Deno.test("a record that its producer sends again does not bring back an old result", async () => {
  await using driver = await TopologyTestDriver.start(written(inner), { startMs });
  const sent = (sequence: number, record: TestInput) => ({
    ...record,
    headers: identityHeaders({ producerId: "p", sequence }),
  });
  await driver.pipe(set("cities", "Ulm"));
  await driver.pipe(sent(1, set("names", "Eva")), sent(2, set("names", null)));
  await driver.pipe(sent(1, set("names", "Eva")));
  await driver.commit();
  assert.deepEqual(changesOf(driver), ["Eva/Ulm", null]);
  assert.equal(driver.counts.duplicates, 1);
});

Deno.test("where make() throws the change has not been, where it makes nothing the key is deleted", async () => {
  const picky = names.join(cities, (name, city) => {
    if (city === "Atlantis") throw new Error("no such city");
    return city === "nowhere" ? undefined : both(name, city);
  });
  const handlers = { onProcessingError: () => "dead-letter" as const };
  const topology = job("joined", { handlers }).to("joined", picky);
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe(set("names", "Eva"), set("cities", "Ulm"), set("cities", "Atlantis"));
  await driver.pipe(set("names", "Ida"), set("cities", "nowhere"));
  await driver.commit();
  assert.deepEqual(changesOf(driver), ['"Eva/Ulm"', '"Ida/Ulm"', null]);
  assert.equal(driver.deadLetters.length, 1);
});

Deno.test("where make() throws for a table of changes, the change has not been either", async () => {
  const picky = names.join(cities, (name, city) => {
    if (city === "Atlantis") throw new Error("no such city");
    return both(name, city);
  });
  const handlers = { onProcessingError: () => "dead-letter" as const };
  const newest = picky.toStream().reduce("newest", (_before, next) => next);
  const topology = job("joined", { handlers }).to("joined", newest);
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe(set("names", "Eva"));
  await driver.pipe(set("cities", "Atlantis"), set("names", "Ida"), set("cities", "Ulm"));
  await driver.commit();
  assert.equal((await driver.value("1"))?.value, "Ida/Ulm");
  assert.equal(driver.deadLetters.length, 1);
});

Deno.test("joined tables are joined on, also with what they have in common", async () => {
  const ages = table("ages", text());
  const aged = names.join(ages, (name, age) => `${name} (${age})`);
  const all = aged.outerJoin(inner, (one, other) => `${one ?? "?"}, ${other ?? "?"}`);
  await using driver = await TopologyTestDriver.start(written(all), { startMs });
  const made: string[] = [];
  for (
    const [topic, value] of [
      ["names", "Eva"],
      ["cities", "Ulm"],
      ["ages", "41"],
      ["cities", null],
      ["names", null],
    ] as const
  ) {
    await driver.pipe(set(topic, value));
    await driver.commit();
    made.push(JSON.stringify(heldIn(driver)["1"] ?? null));
  }
  assert.deepEqual(made, ["null", '"?, Eva/Ulm"', '"Eva (41), Eva/Ulm"', '"Eva (41), ?"', "null"]);
});

Deno.test("values of a stream are joined with joined tables as with one", async () => {
  const asked = stream("questions", text()).groupByKey();
  const topology = job("answers")
    .to("known", asked.join(left, (question, of) => `${question}: ${of}`), { value: text() })
    .to("all", asked.leftJoin(left, (question, of) => `${question}: ${of}`), { value: text() });
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  const ask = (value: string) => driver.pipe({ key: "1", value, timestampMs: startMs });
  await ask("a");
  await driver.pipe(set("names", "Eva"));
  await ask("b");
  await driver.pipe(set("cities", "Ulm"));
  await ask("c");
  await driver.pipe(set("names", null));
  await ask("d");
  await driver.commit();
  const textsOf = (topic: string) =>
    driver.log.visible(topic).map(({ value }) => decodeText(value ?? new Uint8Array()));
  assert.deepEqual(textsOf("known"), ["b: Eva/-", "c: Eva/Ulm"]);
  assert.deepEqual(textsOf("all"), ["a: undefined", "b: Eva/-", "c: Eva/Ulm", "d: undefined"]);
});

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`a table of changes goes to a sink and is queried, state ${state}`, async () => {
    const newest = outer.toStream().reduce("newest", (_before, next) => next);
    const topology = job("joined").write(newest.map(({ key, value }) => `${key} ${value}`))
      .to("joined", outer, { value: text() })
      .to("long", outer.toStream().filter((value) => (value?.length ?? 0) > 7));
    await using driver = await TopologyTestDriver.start(topology, { startMs });
    await driver.pipe(set("names", "Eva"));
    await driver.commit();
    await driver.pipe(set("cities", "Ulm"), set("cities", "Jena", "2"));
    driver.failNext("before-end", { error: "crash" });
    await driver.commit();
    await driver.crash(0, { state });
    await driver.restart();
    await driver.commit();
    await driver.pipe(set("names", "Leonore"), set("cities", null, "2"));
    await driver.commit();
    assert.equal(driver.rows.at(-2), "1 Leonore/Ulm");
    assert.equal(driver.rows.at(-1), "2 null");
    assert.equal((await driver.value("1"))?.value, "Leonore/Ulm");
    assert.equal((await driver.value("2"))?.value, null);
    assert.deepEqual(heldIn(driver), { 1: "Leonore/Ulm" });
    assert.deepEqual(changesOf(driver, "long"), ['"Leonore/Ulm"']);
  });
}

Deno.test("a change that is late for its window is kept as its record came", async () => {
  const counts = inner.toStream().window(tumbling("1s")).count("counts");
  const topology = job("joined").to("counts", counts);
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe(set("names", "Eva"), set("cities", "Ulm", "1", 5_000));
  await driver.pipe(set("cities", "Jena", "1", 1_000));
  await driver.pipe(set("names", null, "1", 1_000));
  await driver.commit();
  assert.deepEqual(driver.late.map(({ value }) => value && decodeText(value)), ["Jena", ""]);
  const { read, aggregated, late } = driver.counts;
  assert.deepEqual({ read, aggregated, late }, { read: 4, aggregated: 2, late: 2 });
});

Deno.test("results are those of what the tables had, whatever crashes and wherever keys are", async () => {
  const change = fc.record({
    topic: fc.constantFrom("names", "cities"),
    key: fc.constantFrom("1", "2", "3"),
    value: fc.option(fc.constantFrom("a", "b", "c"), { freq: 3 }),
    forwardMs: fc.integer({ min: 0, max: 2 }),
    then: fc.constantFrom("go on", "commit", "crash", "lose", "unknown"),
  });
  const kinds = { join: inner, leftJoin: left, outerJoin: outer };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("join", "leftJoin", "outerJoin"),
      fc.array(change, { maxLength: 20 }),
      async (kind, changes) => {
        const topology = written(kinds[kind]);
        await using driver = await TopologyTestDriver.start(topology, { startMs, partitions: 2 });
        const held = { names: new Map<string, string>(), cities: new Map<string, string>() };
        let atMs = 0;
        for (const { topic, key, value, forwardMs, then } of changes) {
          atMs += forwardMs;
          const values = held[topic];
          if (value === null) values.delete(key);
          else values.set(key, value);
          await driver.pipe(set(topic, value, key, atMs));
          if (then === "commit") await driver.commit();
          if (then === "unknown") {
            driver.failNext("after-end", { error: "crash" });
            await driver.commit();
          }
          if (then === "go on" || then === "commit") continue;
          await driver.crash(0, { state: then === "lose" ? "deleted" : "kept" });
          driver.failNoMore();
          await driver.restart();
        }
        await driver.commit();
        await driver.commit();
        const expected = ["1", "2", "3"].flatMap((key) => {
          const [name, city] = [held.names.get(key), held.cities.get(key)];
          const lacks = kind === "join" ? 0 : 1;
          const missing = Number(name === undefined) + Number(city === undefined);
          const none = missing > lacks || (kind === "leftJoin" && name === undefined);
          return none ? [] : [[key, both(name, city)]];
        });
        assert.deepEqual(heldIn(driver), Object.fromEntries(expected));
        assert.equal(driver.deadLetters.length, 0);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a key moves with its tables and its result to another instance", async () => {
  await using driver = await TopologyTestDriver.start(written(inner), {
    startMs,
    partitions: 2,
    instances: 2,
  });
  for (const key of ["1", "2", "3", "4"]) await driver.pipe(set("names", `n${key}`, key));
  await driver.commit();
  await driver.rebalance([[0], [1]]);
  for (const key of ["1", "2", "3", "4"]) await driver.pipe(set("cities", `c${key}`, key));
  await driver.commit();
  await driver.rebalance([[1], [0]]);
  await driver.pipe(set("cities", null, "1"), set("names", "new", "2"));
  await driver.commit();
  assert.deepEqual(heldIn(driver), { 2: "new/c2", 3: "n3/c3", 4: "n4/c4" });
});

Deno.test("tables of one topic are not joined, tables of other partitions refused at the start", async () => {
  assert.throws(() => names.join(table("names", text()), both), /different topics: names,names/);
  const topics = jobTopics("app", written(inner));
  const log = new MemoryLog();
  for (const { name } of topics) log.createTopic(name, name === "cities" ? 3 : 2);
  await assert.rejects(checkTopics(log, topics, 2), {
    code: "TOPIC_UNSUITABLE",
    message: /Cannot use cities .* \(2\), so that a key is in the same one of each: it has 3/,
  });
});

Deno.test("the topics of joined tables are tables, and that of their changes is compacted", () => {
  const topology = job("joined").to("joined", inner).to("all", inner.toStream());
  const roles = new Map(jobTopics("app", topology).map(({ name, role }) => [name, role]));
  assert.equal(roles.get("names"), "table");
  assert.equal(roles.get("cities"), "table");
  assert.equal(roles.get("joined"), "latest-results");
  assert.equal(roles.get("all"), "results");
});

Deno.test("describeTopology() and mermaidTopology() show joined tables", () => {
  assert.equal(
    describeTopology(written(inner), "app"),
    `Topology: joined
  Table: names, one task per partition
  Table: cities, joined with it
    unreadable, impossible, more than 60000 ms ahead --> names-dead-letters
  Processor: join of names and cities, with stores
    every change --> joined
  Store: positions and processors
    changes --> app-task-changelog
`,
  );
  const drawn = mermaidTopology(written(inner), "app");
  assert.match(drawn, /source\[\("names"\)\]\n/);
  assert.match(drawn, /source1\[\("cities"\)\] --> read\n/);
  assert.match(drawn, /windows\["join of names and cities"\]\n/);
  assert.match(drawn, /windows --> stream0\[\/"joined"\/\]\n/);
});

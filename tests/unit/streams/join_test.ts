/** Values joined with a table that is a topic. */
import assert from "node:assert/strict";
import { job, json, merge, stream, table, text, tumbling } from "../../../src/streams/mod.ts";
import { PartsWriter } from "../../../src/streams/repartition_record.ts";
import { identityHeaders } from "../../../src/streams/record_identity.ts";
import { type TestInput, TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { encodeText, textOf } from "../../../src/streams/text.ts";

const startMs = 1_000_000;

interface User {
  readonly country: string;
}

function isUser(value: unknown): value is User {
  return typeof value === "object" && value !== null && "country" in value;
}

const users = table("users", json(isUser));
const clicks = stream("clicks", text()).groupByKey();

/** Every click of a key with its country. */
const known = job("known").to(
  "known-clicks",
  clicks.join(users, (click, { country }) => `${click}@${country} `)
    .reduce("clicks", (before, click) => before + click),
);
const all = job("all").to(
  "all-clicks",
  clicks.leftJoin(users, (click, user) => `${click}@${user?.country ?? "?"} `)
    .reduce("clicks", (before, click) => before + click),
);

const click = (value: string, atMs = 0, key = "eva"): TestInput => ({
  topic: "clicks",
  key,
  value,
  timestampMs: startMs + atMs,
});
const user = (country: string | null, atMs = 0, key = "eva"): TestInput => ({
  topic: "users",
  key,
  value: country === null ? null : JSON.stringify({ country }),
  timestampMs: startMs + atMs,
});

Deno.test("join() leaves out what has no partner, leftJoin() does not", async () => {
  for (
    const [topology, expected] of [[known, "b@PL c@DE "], [all, "a@? b@PL c@DE d@? "]] as const
  ) {
    await using driver = await TopologyTestDriver.start(topology, { startMs });
    await driver.pipe(click("a"));
    await driver.pipe(user("PL"));
    await driver.pipe(click("b"), click("other", 0, "ida"));
    await driver.pipe(user("DE"));
    await driver.pipe(click("c"));
    await driver.pipe(user(null));
    await driver.pipe(click("d"));
    await driver.commit();
    assert.equal((await driver.value("eva"))?.value, expected);
    const { read, aggregated } = driver.counts;
    assert.deepEqual([read, aggregated], topology === known ? [2, 2] : [5, 5]);
  }
});

const sameNames = table("users", text()).join(table("nicks", text()), (name, nick) => {
  if (name === nick) throw new Error("the same name");
  return `${name}, ${nick}`;
});

Deno.test("a value that was left out is joined with nothing, so that no join throws on it", async () => {
  const handlers = { onProcessingError: () => "dead-letter" as const };
  const named = job("named", { handlers }).to(
    "named-clicks",
    clicks.filter((click) => click !== "none").leftJoin(sameNames, (click) => click),
  );
  await using driver = await TopologyTestDriver.start(named, { startMs });
  for (const topic of ["users", "nicks"]) await driver.pipe({ ...click("eva"), topic });
  await driver.pipe(click("none"), click("one"));
  await driver.commit();
  const { read, aggregated, deadLetters } = driver.counts;
  assert.deepEqual([read, aggregated, deadLetters], [1, 0, 1]);
});

Deno.test("a call that is due is joined with nothing before its processor", async () => {
  const reminded = clicks.leftJoin(sameNames, (click) => click).process("again", {}, {
    process(_click, { timeMs, schedule }) {
      schedule(timeMs + 10);
      return [];
    },
    punctuate: (timeMs) => [timeMs - startMs],
  });
  const named = job("reminded").to("reminders", reminded);
  await using driver = await TopologyTestDriver.start(named, { startMs });
  await driver.pipe(click("early"));
  for (const topic of ["users", "nicks"]) await driver.pipe({ ...click("eva", 5), topic });
  await driver.pipe(click("late", 20, "ida"));
  await driver.commit();
  assert.deepEqual(
    driver.log.visible("reminders").map(({ value }) => textOf(value ?? new Uint8Array())),
    ["10"],
  );
});

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`a table survives a crash, state ${state}, as of the last commit`, async () => {
    await using driver = await TopologyTestDriver.start(all, { startMs });
    await driver.pipe(user("PL"));
    await driver.commit();
    await driver.pipe(user("DE"));
    driver.failNext("before-end", { error: "crash" });
    await driver.commit();
    await driver.crash(0, { state });
    await driver.pipe(click("a", -1)); // before what is read again
    await driver.restart();
    await driver.pipe(click("b"));
    await driver.commit();
    assert.equal((await driver.value("eva"))?.value, "a@PL b@DE ");
  });
}

Deno.test("what a table has up to a value's time is read before the value", async () => {
  await using driver = await TopologyTestDriver.start(all, { startMs });
  driver.log.readRecordsMax = 1;
  await driver.crash();
  await driver.pipe(click("a", 5), click("b", 7));
  await driver.pipe(user("PL", 1), user("CZ", 4), user("DE", 6));
  await driver.restart();
  await driver.commit();
  assert.equal((await driver.value("eva"))?.value, "a@CZ b@DE ");
});

Deno.test("a record of a table of the same time as a value is read before it", async () => {
  await using driver = await TopologyTestDriver.start(all, { startMs });
  await driver.crash();
  await driver.pipe(click("a", 5));
  await driver.pipe(user("PL", 5));
  await driver.restart();
  await driver.commit();
  assert.equal((await driver.value("eva"))?.value, "a@PL ");
});

Deno.test("a table's unreadable and misplaced records are dead letters and change nothing", async () => {
  await using driver = await TopologyTestDriver.start(all, { startMs, partitions: 2 });
  await driver.pipe(user("PL"));
  await driver.pipe({ ...user("DE"), value: "no JSON" }, { ...user("DE"), value: "{}" });
  for (const key of [null, Uint8Array.of(0xff)]) {
    await driver.pipe({ ...user("DE"), key, partition: 0 });
  }
  const place = driver.log.visible("users")[0]?.partition;
  await driver.pipe({ ...user("DE"), partition: place === 0 ? 1 : 0 });
  await driver.pipe(click("a"));
  await driver.commit();
  assert.equal((await driver.value("eva"))?.value, "a@PL ");
  const causes = driver.deadLetters.map(({ headers }) => [
    new TextDecoder().decode(headers["cause"]),
    new TextDecoder().decode(headers["origin-topic"]),
  ]);
  assert.deepEqual(causes.map(([cause]) => cause).sort(), [
    "key-mismatch",
    ...["malformed", "malformed", "malformed", "malformed"],
  ]);
  assert.ok(causes.every(([, topic]) => topic === "users"));
  const { read, aggregated, deadLetters } = driver.counts;
  assert.deepEqual({ read, aggregated, deadLetters }, { read: 6, aggregated: 1, deadLetters: 5 });
});

Deno.test("a table's record that its producer sends again does not bring back an old value", async () => {
  await using driver = await TopologyTestDriver.start(all, { startMs });
  const sent = (sequence: number, record: TestInput) => ({
    ...record,
    headers: identityHeaders({ producerId: "p", sequence }),
  });
  await driver.pipe(sent(1, user("PL")), sent(2, user("DE")), sent(1, user("PL")));
  await driver.pipe(click("a"));
  await driver.commit();
  assert.equal((await driver.value("eva"))?.value, "a@DE ");
  assert.equal(driver.counts.duplicates, 1);
});

Deno.test("joins follow each other and go with windows and merged streams", async () => {
  const names = table("names", text());
  const joined = merge(stream("clicks", text()), stream("taps", text()))
    .groupByKey()
    .leftJoin(users, (value, user) => ({ value, country: user?.country }))
    .join(names, ({ value, country }, name) => `${name}/${country}/${value}`)
    .window(tumbling("10s"))
    .reduce("joined", (before, next) => `${before} ${next}`);
  const topology = job("both").to("joined", joined);
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe(user("PL"), { topic: "names", key: "eva", value: "Eva", timestampMs: startMs });
  await driver.pipe(click("a"));
  await driver.pipe({ ...click("b"), topic: "taps" });
  await driver.commit();
  const [window] = await driver.windows("eva");
  assert.equal(window?.value, "Eva/PL/a Eva/PL/b");
});

Deno.test("a topic cannot be a job's table and its stream", () => {
  assert.throws(
    () => stream("users", text()).groupByKey().join(users, () => 1),
    /users must be read once/,
  );
});

Deno.test("values that were sent on are joined with what the table has up to their time", async () => {
  const joined = stream("clicks", text())
    .keyBy(() => "eva")
    .leftJoin(users, (click, user) => `${click}@${user?.country ?? "?"} `)
    .reduce("clicks", (before, next) => before + next);
  const topology = job("sent-on").to("joined", joined);
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  const sent = new PartsWriter("test-repartition");
  sent.add(0, {
    value: encodeText(JSON.stringify(["a"])),
    keys: [encodeText("eva")],
    timestampMs: startMs + 5,
    origin: { input: 0, partition: 0, offset: 0, indexes: [0] },
  });
  await driver.log.append(sent.records());
  driver.log.readRecordsMax = 1;
  await driver.crash();
  await driver.pipe(user("PL", 1), user("CZ", 2), user("DE", 8));
  await driver.restart();
  await driver.commit();
  assert.equal((await driver.value("eva"))?.value, "a@CZ ");
});

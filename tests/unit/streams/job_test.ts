import assert from "node:assert/strict";
import {
  type Codec,
  decodeText,
  hopping,
  job,
  json,
  type LogRecord,
  PipelineError,
  stream,
  table,
  text,
  tumbling,
} from "../../../src/streams/mod.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { writeRows } from "../../../src/streams/commit/write_rows.ts";
import { RecordingSink } from "../../../src/streams/testing/recording_sink.ts";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { jobTopics } from "../../../src/streams/topology/job_topics.ts";

const startMs = 2_000_000;

function line(value: string | null, key: string | null = null) {
  return { key, value };
}

function texts(records: readonly LogRecord[]): string[] {
  return records.map(({ key, value }) =>
    `${decodeText(key ?? new Uint8Array())}=${value === null ? "-" : decodeText(value)}`
  );
}

function causes(records: readonly LogRecord[]): (string | undefined)[] {
  return records.map(({ headers }) => decodeText(headers["cause"] ?? new Uint8Array()));
}

interface Click {
  readonly user: string;
  readonly atMs: number;
  readonly cents: number;
}

function isClick(value: unknown): value is Click {
  return typeof value === "object" && value !== null && "user" in value && "cents" in value;
}

const clicks = stream("clicks", json(isClick))
  .reject(({ cents }) => Number.isInteger(cents) ? undefined : "not whole cents")
  .filter(({ user }) => user !== "bot")
  .reject(({ cents }) => cents < 0 ? { cause: "far-future", detail: "negative" } : undefined)
  .timestamp(({ atMs }) => atMs)
  .keyBy(({ user }) => user);

function click(user: string, cents: number, atMs = startMs) {
  return { key: user, value: JSON.stringify({ user, cents, atMs }) };
}

Deno.test("stream() rejects and filters in the order of its steps", async () => {
  const spent = clicks.aggregate("spent", {
    initial: () => 0,
    add: (sum, { cents }) => sum + cents,
  });
  await using driver = await TopologyTestDriver.start(
    job("spending").write(spent.map(({ key, value }) => `${key} ${value}`)),
    { startMs },
  );
  await driver.pipe(
    click("eva", 300),
    click("bot", 0.5),
    click("bot", -5),
    click("eva", -5),
    { key: "eva", value: '"eva"' },
    { key: "eva", value: null },
    click("eva", 50),
  );
  await driver.commit();
  assert.deepEqual(driver.rows, ["eva 350"]);
  assert.deepEqual(causes(driver.deadLetters), [
    "impossible-value",
    "far-future",
    "malformed",
    "malformed",
  ]);
  const { read, aggregated, deadLetters } = driver.counts;
  assert.deepEqual({ read, aggregated, deadLetters }, { read: 6, aggregated: 2, deadLetters: 4 });
});

Deno.test("stream() makes a dead letter of each value that a step has rejected among others", async () => {
  const numbers = stream("lines", text())
    .flatMap((line) => line.split(" "))
    .reject((word) => /^\d+$/.test(word) ? undefined : `no number: ${word}`)
    .map(Number)
    .keyBy((number) => number % 2 === 0 ? "even" : "odd")
    .reduce("sums", (sum, number) => sum + number);
  await using driver = await TopologyTestDriver.start(job("sums").to("sums", numbers), { startMs });
  await driver.pipe(line("1 x 3 y", "odd"), line("z", "odd"), line("z z", "odd"), line("4 q 1"));
  await driver.commit();
  await driver.commit();
  assert.equal((await driver.value("odd"))?.value, 5);
  assert.equal((await driver.value("even"))?.value, 4);
  assert.equal(driver.deadLetters.length, 6);
  assert.deepEqual(
    driver.deadLetters.slice(0, 2).map(({ headers }) =>
      decodeText(headers["origin-index"] ?? new Uint8Array())
    ),
    ["1", "3"],
  );
});

Deno.test("groupByKey() takes the record's key, and no record without one", async () => {
  const lines = stream("lines", text()).groupByKey().count("lines");
  await using driver = await TopologyTestDriver.start(job("lines").to("counts", lines), {
    startMs,
  });
  await driver.pipe(line("x", "a"), line("y", "a"), line("z"));
  await driver.commit();
  assert.deepEqual(texts(driver.log.visible("counts")), ["a=2"]);
  assert.deepEqual(causes(driver.deadLetters), ["malformed"]);
});

Deno.test("onClose() leaves out the windows that may still change", async () => {
  const spent = clicks.window(tumbling("10s", { grace: "5s", retention: "1m" })).count("spent");
  const spending = job("spending")
    .to("closed", spent.onClose())
    .to("all", spent.map(({ startMs, value }) => ({ startMs, value })))
    .write(spent.onClose().map(({ startMs, value }) => ({ startMs, value })));
  await using driver = await TopologyTestDriver.start(spending, { startMs });
  await driver.pipe(click("eva", 1), click("eva", 1, startMs + 14_999));
  await driver.commit();
  assert.deepEqual([driver.rows, driver.log.visible("closed")], [[], []]);
  await driver.pipe(click("eva", 1, startMs + 15_000));
  await driver.commit();
  const final = { startMs, value: 1 };
  assert.deepEqual(driver.rows, [final]);
  const [closed, ...more] = driver.log.visible("closed");
  assert.deepEqual(more, []);
  assert.deepEqual(texts([closed as LogRecord]), [`["eva",2000000,2010000]=1`]);
  assert.equal(decodeText(closed?.headers["final"] ?? new Uint8Array()), "true");
  assert.equal(driver.log.visible("all").length, 4);
});

Deno.test("a table without windows takes values of any time, and keeps every row", async () => {
  const counts = clicks.count("clicks");
  const job_ = job("clicks", { agreeingEvents: 1 }).to("counts", counts);
  await using driver = await TopologyTestDriver.start(job_, { startMs });
  const yearMs = 365 * 86_400_000;
  await driver.pipe(click("eva", 1, 0), {
    ...click("ada", 1, 50 * yearMs),
    timestampMs: 50 * yearMs,
  });
  await driver.commit();
  for (const state of ["kept", "deleted"] as const) {
    await driver.crash(0, { state });
    await driver.restart();
    await driver.pipe({ ...click("eva", 1, 1), timestampMs: 50 * yearMs + 1 });
    await driver.commit();
  }
  assert.equal((await driver.value("eva"))?.value, 3);
  assert.equal((await driver.value("ada"))?.value, 1);
  assert.equal(driver.late.length, 0);
});

Deno.test("a step that throws is the business of onProcessingError", async () => {
  const lines = () =>
    stream("lines", text()).map((line) => JSON.parse(line)).groupByKey().count("lines");
  const strict = job("lines").to("counts", lines());
  await using stopped = await TopologyTestDriver.start(strict, { startMs });
  await stopped.pipe(line("{", "a"));
  assert.equal(stopped.tasks()[0]?.state, "failed");
  const lenient = job("lines", { handlers: { onProcessingError: () => "dead-letter" } }).to(
    "counts",
    lines(),
  );
  await using driver = await TopologyTestDriver.start(lenient, { startMs });
  await driver.pipe(line("{", "a"), line("1", "a"));
  await driver.commit();
  assert.deepEqual(causes(driver.deadLetters), ["processing-error"]);
  assert.equal((await driver.value("a"))?.value, 1);
});

/** Refuses a row, or is unavailable for a while. */
class MoodySink extends RecordingSink<string> {
  refuses: string | undefined;
  unavailable = 0;

  override write(rows: readonly string[]): Promise<void> {
    if (this.refuses !== undefined && rows.includes(this.refuses)) {
      return Promise.reject(new PipelineError("SINK_REJECTED", "no"));
    }
    if (this.unavailable-- > 0) return Promise.reject(new PipelineError("SINK_UNAVAILABLE", "no"));
    return super.write(rows);
  }
}

Deno.test("a job writes its results to several sinks, and topics, on update and on close", async () => {
  const spent = clicks.window(tumbling("10s", { grace: "5s", retention: "1m" })).count("spent");
  const [updates, closed] = [new MoodySink(), new MoodySink()];
  const events = new RecordingSink<number>();
  const refused: unknown[] = [];
  const onProductionError = (_error: unknown, row: unknown) => {
    refused.push(row);
    return "leave-out" as const;
  };
  const spending = job("spending", { handlers: { onProductionError } })
    .write(spent.map(({ key, value }) => `${key} ${value}`), updates)
    .write(spent.onClose().map(({ key, value }) => `${key} ${value} in all`), closed)
    .writeEvents(({ cents }) => cents, events)
    .to("closed", spent.onClose());
  await using driver = await TopologyTestDriver.start(spending, { startMs });
  await driver.pipe(click("eva", 1), click("ada", 2), click("eva", 3, startMs + 15_000));
  await driver.commit();
  assert.deepEqual(driver.rows, [1, 2, 3, "eva 1", "eva 1 in all", "eva 1", "ada 1"]);
  assert.equal(driver.log.visible("closed").length, 1);
  await driver.pipe(click("ada", 4, startMs + 15_000));
  driver.failNext("after-end", { error: "crash" }); // between the commit and its rows
  await driver.commit();
  await driver.crash(0, { state: "kept" });
  await driver.restart();
  assert.deepEqual(driver.rows.slice(7), [4, "ada 1", "ada 1 in all", "ada 1"]);

  updates.unavailable = 1;
  closed.refuses = "eva 1 in all";
  const at = { startMs, endMs: startMs + 10_000, versionUs: 1, receivedAtMs: startMs };
  const rows = ["eva", "ada"].flatMap((key) =>
    spending.rows.map(({ make }) => make({ ...at, key, value: 1, final: true }))
  );
  await writeRows(rows, {
    sink: spending.sink ?? updates,
    policy: { baseMs: 1, maxMs: 1 },
    clock: systemClock,
    random: seededRandom(1),
    signal: new AbortController().signal,
    onProductionError: spending.handlers.onProductionError,
    onProblem: () => {},
  });
  assert.deepEqual([...new Set(updates.rows)], ["eva 1", "ada 1"]);
  assert.deepEqual(closed.rows, ["ada 1 in all"]);
  assert.deepEqual(refused, ["eva 1 in all"]);
});

Deno.test("a sink that is given with one output is that of all", async () => {
  const sink = new RecordingSink<string | number>();
  const topology = job("clicks").write(clicks.count("clicks").map(({ value }) => value), sink)
    .writeEvents(({ user }) => user);
  assert.equal(topology.sink, sink);
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe(click("eva", 1));
  await driver.commit();
  assert.deepEqual(driver.rows, ["eva", 1]);
});

Deno.test.each([
  { of: "a table", value: undefined, written: '"b!"', windowed: false },
  { of: "a table with a codec", codec: text(), written: "b!", windowed: false },
  { of: "windows with a codec", codec: text(), written: "b!", windowed: true },
  { of: "a table, by the codec of the topic", codec: json(), value: text(), written: "b!" },
])(
  "to() writes the rows of $of, of a key the newest for all unless they have windows",
  async (row) => {
    const lines = stream("lines", text()).map((line) => `${line}!`).groupByKey();
    const newest = (_before: string, line: string) => line;
    const codec = row.codec as Codec<string> | undefined;
    const table = row.windowed === true
      ? lines.window(tumbling("10s")).reduce("newest", newest, codec)
      : lines.reduce("newest", newest, codec);
    const options = row.value === undefined ? {} : { value: row.value };
    const topology = job("newest").to("newest", table, options);
    await using driver = await TopologyTestDriver.start(topology, { startMs });
    await driver.pipe(line("a", "k"), line("b", "k"));
    await driver.commit();
    const [record] = driver.log.visible("newest");
    assert.equal(decodeText(record?.value ?? new Uint8Array()), row.written);
    const role = jobTopics("app", topology).find(({ name }) => name === "newest")?.role;
    assert.equal(role, row.windowed === true ? "results" : "latest-results");
  },
);

Deno.test("a job writes its streams and its table in any order", async () => {
  const isText = (value: unknown): value is string => typeof value === "string";
  const [names, prices] = [table("names", json(isText)), table("prices", json(isText))];
  const named = clicks.leftJoin(names, ({ cents }, name) => `${name} ${cents}`);
  const priced = clicks.join(prices, ({ cents }) => cents).reduce("sums", (a, b) => a + b);
  const rowOf = ({ key, value }: { readonly key: string; readonly value: number }) =>
    `${key} ${value}`;
  const orders = [
    job("a").to("named", named).to("sums", priced).write(priced.map(rowOf)),
    job("a").to("named", named).write(priced.map(rowOf)).to("sums", priced),
    job("a").to("sums", priced).write(priced.map(rowOf)).to("named", named),
    job("a").write(priced.map(rowOf)).to("named", named).to("sums", priced),
  ];
  for (const ordered of orders) {
    await using driver = await TopologyTestDriver.start(ordered, { startMs });
    await driver.pipe(
      { topic: "names", key: "eva", value: '"Eva"' },
      { topic: "prices", key: "eva", value: '"1"' },
      click("eva", 300),
      click("tom", 200),
      click("eva", 50),
    );
    await driver.commit();
    const named = ['eva="Eva 300"', 'tom="undefined 200"', 'eva="Eva 50"'];
    assert.deepEqual(texts(driver.log.visible("named")), named);
    assert.deepEqual(texts(driver.log.visible("sums")), ["eva=350"]);
    assert.deepEqual(driver.rows, ["eva 350"]);
  }
});

Deno.test("a job writes one table, and its rows once", () => {
  const counts = clicks.count("clicks");
  assert.throws(() => job("a").to("x", counts).to("y", clicks.count("others")), /one table/);
  assert.throws(() => job("a").write(counts).writeEvents(String).writeEvents(String), /already/);
  assert.throws(
    () => job("a").to("x", clicks).to("y", counts).to("z", clicks.count("others")),
    /must write one table, clicks: others is another; give it a job of its own/,
  );
  assert.throws(
    () => job("a").to("x", counts).to("y", clicks.count("clicks")),
    /must write one table: two are called clicks; make it once/,
  );
  const others = stream("clicks", json(isClick)).groupByKey().count("others");
  assert.throws(() => job("a").to("x", clicks).to("y", others), /of one source, clicks/);
  const sinks = [new RecordingSink<number>(), new RecordingSink<number>()] as const;
  const two = job("a").write(counts, sinks[0]).write(counts, sinks[1]);
  assert.throws(() => two.write(counts), /each of its outputs must be given one/);
  assert.throws(() => two.writeEvents(() => 1), /each of its outputs must be given one/);
  assert.throws(() => clicks.count("my-clicks"), /must be without dashes: my-clicks/);
  assert.throws(() => hopping("1.0001s", { advance: "1s" }), { name: "InvariantError" });
});

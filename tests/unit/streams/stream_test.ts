/** Values of topics on their way to their keys: how they are read, and what of them is rejected. */
import assert from "node:assert/strict";
import {
  type Codec,
  decodeText,
  encodeText,
  job,
  json,
  type KeyedStream,
  type LogRecord,
  merge,
  PipelineError,
  stream,
  type StreamCodec,
  text,
  within,
} from "../../../src/streams/mod.ts";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";

const startMs = 1_000_000;

function header({ headers }: LogRecord, name: string): string {
  return decodeText(headers[name] ?? new Uint8Array()) ?? "";
}

/** Reads nothing before it was prepared for it. */
class PreparedCodec implements StreamCodec<string> {
  readonly #ready = new Set<string>();

  prepare(records: Parameters<NonNullable<StreamCodec<string>["prepare"]>>[0]): Promise<void> {
    for (const { value } of records) this.#ready.add(decodeText(value ?? new Uint8Array()) ?? "");
    return Promise.resolve();
  }

  decode(bytes: Uint8Array): string {
    const value = decodeText(bytes) ?? "";
    if (!this.#ready.has(value)) throw new PipelineError("RECORD_MALFORMED", `no ${value}`);
    return value.slice(1);
  }

  encode(values: readonly string[]): Uint8Array {
    return encodeText(`+${values.join("+")}`);
  }
}

/** The texts of a topic, as a codec of its own reads them. */
function read(topic: string, codec: StreamCodec<string> = new PreparedCodec()) {
  return stream(topic, codec);
}

/** How a value is sent on to its partition: as what the stream's own codec reads. */
function sentOnBy(own: PreparedCodec): Codec<readonly string[]> {
  return {
    encode: (values) => own.encode(values),
    decode: (bytes) => own.decode(bytes).split("+"),
  };
}

function keyed(topic: string): KeyedStream<string> {
  const own = new PreparedCodec();
  return read(topic, own).keyBy((value) => value, { codec: sentOnBy(own) });
}

Deno.test.each([
  {
    how: "of merged streams",
    make: () => job("texts").to("texts", merge(read("one"), read("other")).groupByKey()),
  },
  {
    how: "of joined streams, sent on or not",
    make: () =>
      job("texts").to(
        "texts",
        keyed("one").outerJoin("texts", keyed("other"), within("1s"), (a, b) => a ?? b ?? ""),
      ),
  },
])("each codec is prepared for the records that it reads: $how", async ({ make }) => {
  await using driver = await TopologyTestDriver.start<unknown, unknown, unknown>(make(), {
    startMs,
    partitions: 2,
  });
  for (const partition of [0, 1]) {
    await driver.pipe(
      { topic: "one", key: `a${partition}`, value: `:a${partition}`, partition },
      { topic: "other", key: `b${partition}`, value: `:b${partition}`, partition },
    );
  }
  for (const timestampMs of [startMs, startMs + 9_000, startMs + 99_000]) {
    await driver.commit();
    await driver.commit();
    for (const end of ["end", "f"]) { // one in each partition
      await driver.pipe({ topic: "one", key: end, value: `:${end}`, timestampMs });
    }
  }
  await driver.commit();
  const texts = driver.log.visible("texts").map(({ value }) => decodeText(value ?? encodeText("")));
  const found = texts.map((text) => JSON.parse(text ?? "")).filter((it) => /^[ab]/.test(it));
  assert.deepEqual(found.toSorted(), ["a0", "a1", "b0", "b1"]);
  assert.deepEqual(driver.deadLetters, []);
});

Deno.test("a codec is prepared for what was sent on, too, which need not be what was read", async () => {
  const own = new PreparedCodec();
  const words = read("lines", own).flatMap((line) => line.split(" "))
    .keyBy((word) => word, { codec: sentOnBy(own) });
  await using driver = await TopologyTestDriver.start(
    job("words").to("out", words.count("words")),
    {
      startMs,
      partitions: 2,
    },
  );
  await driver.pipe({ key: null, value: ":a b c d e", partition: 0 });
  await driver.commit();
  await driver.commit();
  const { aggregated, rekeyed } = driver.counts;
  assert.ok(rekeyed > 0);
  assert.equal(aggregated, 5);
});

Deno.test("peek() sees what is neither rejected nor left out, in its place", async () => {
  const seen: string[] = [];
  const lines = stream("lines", text())
    .reject((line) => line === "bad" ? "no good" : undefined)
    .filter((line) => line !== "no")
    .peek((line) => seen.push(line))
    .groupByKey();
  const topology = job("lines").to("seen", lines, { value: text() });
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe(...["a", "bad", "no", "b"].map((value) => ({ key: "k", value })));
  await driver.commit();
  assert.deepEqual(seen, ["a", "b"]);
  assert.equal(driver.log.visible("seen").length, 2);
  assert.equal(driver.deadLetters.length, 1);
});

interface Click {
  readonly user?: { readonly id: string };
}

Deno.test("keyBy() says what the job's function has thrown, where nothing is rejected", async () => {
  const clicks = stream("clicks", json<Click>())
    .keyBy(({ user }) => {
      if (user === undefined) throw new TypeError("a click without a user");
      return user.id;
    });
  const topology = job("clicks").to("counts", clicks.count("clicks"));
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe({ key: "u", value: "{}" });
  assert.match(driver.tasks()[0]?.problem ?? "", /a click without a user/);
});

Deno.test("keyBy() lets a value that was rejected have no key, however it was keyed", async () => {
  for (
    const { key, repartition } of [
      { key: null, repartition: true },
      { key: "u", repartition: true },
      { key: "u", repartition: false },
    ]
  ) {
    const clicks = stream("clicks", json<Click>())
      .reject((click) => click.user === undefined ? "no user" : undefined)
      .keyBy((click) => (click.user as { readonly id: string }).id, { repartition });
    const topology = job("clicks").to("counts", clicks.count("clicks"));
    await using driver = await TopologyTestDriver.start(topology, { startMs });
    await driver.pipe(
      { key, value: "{}" },
      { key: "u", value: JSON.stringify({ user: { id: "u" } }) },
    );
    await driver.commit();
    await driver.commit();
    assert.equal(driver.counts.aggregated, 1);
    assert.deepEqual(driver.deadLetters.map((one) => header(one, "detail")), ["no user"]);
  }
});

const words = stream("lines", text())
  .flatMap((line) => line.split(" "))
  .reject((word) => /^[a-z]+$/.test(word) ? undefined : `no word: ${word}`)
  .map((word) => word);

Deno.test.each([
  { value: "ab ax", rekeyed: 0, dead: 0, why: "all values have the record's key" },
  { value: "1 ab", rekeyed: 0, dead: 1, why: "those that are not rejected do" },
  { value: "1 2", rekeyed: 0, dead: 2, why: "none is left to have another one" },
  { value: "ab da", rekeyed: 1, dead: 0, why: "one has another key" },
  { value: "1 da", rekeyed: 1, dead: 1, why: "the only one that is left has" },
])("keyBy() asks for the keys of what no step before the last rejected: $why", async (row) => {
  for (const repartition of [true, false]) {
    const first = words.keyBy((word) => word.slice(0, 1), { repartition }).count("words");
    const topology = job("words").to("counts", first);
    await using driver = await TopologyTestDriver.start(topology, { startMs, partitions: 2 });
    await driver.pipe({ key: "a", value: row.value });
    await driver.commit();
    await driver.commit();
    const { read, aggregated, rekeyed, deadLetters } = driver.counts;
    const isWhole = repartition || row.rekeyed === 0; // else the record is a dead letter
    assert.deepEqual(
      { read, aggregated, rekeyed, deadLetters },
      isWhole
        ? { read: 2, aggregated: 2 - row.dead, rekeyed: row.rekeyed, deadLetters: row.dead }
        : { read: 1, aggregated: 0, rekeyed: 0, deadLetters: 1 },
    );
  }
});

Deno.test("what is sent on is written by the codec of the key, unless it is what was read", async () => {
  const lines = stream("lines", text()).map((line) => line.trim()).keyBy((line) => line);
  await using driver = await TopologyTestDriver.start(job("lines").to("lines-out", lines), {
    startMs,
    partitions: 2,
  });
  for (const partition of [0, 1]) await driver.pipe({ key: null, value: " a ", partition });
  await driver.commit();
  await driver.commit();
  assert.equal(driver.log.visible("lines-out").length, 2);
  assert.deepEqual(driver.deadLetters, []);
});

const cause = new Error("why");

Deno.test.each([
  { error: new Error("no", { cause }), detail: "no: why" },
  { error: new PipelineError("RECORD_MALFORMED", "no", { cause }), detail: "no" },
  { error: undefined, detail: "record has no value" },
])("a record that cannot be read is a dead letter that says why: $detail", async (row) => {
  const codec: StreamCodec<string> = {
    decode() {
      throw row.error;
    },
  };
  const lines = stream("lines", codec).groupByKey();
  await using driver = await TopologyTestDriver.start(job("lines").to("out", lines), { startMs });
  await driver.pipe({ key: "k", value: row.error === undefined ? null : "x" });
  await driver.commit();
  assert.deepEqual(driver.deadLetters.map((letter) => header(letter, "detail")), [row.detail]);
});

Deno.test("joined streams have no key that either of them cannot have", async () => {
  const lines = (topic: string, wrong: string) =>
    stream(topic, text()).keyBy((line) => line, {
      fault: (key) => key === wrong ? `no ${wrong}` : undefined,
    });
  const joined = lines("one", "a").join("both", lines("other", "b"), within("1s"), String);
  await using driver = await TopologyTestDriver.start(job("both").to("out", joined), { startMs });
  await driver.pipe(...["a", "b", "c"].map((key) => ({ topic: "one", key, value: key })));
  await driver.pipe(...["a", "b", "c"].map((key) => ({ topic: "other", key, value: key })));
  await driver.commit();
  const details = driver.deadLetters.map((letter) => header(letter, "detail"));
  assert.deepEqual(details.toSorted(), ["no a", "no a", "no b", "no b"]);
  assert.equal(driver.log.visible("out").length, 1);
});

/** Streams that go to topics value by value, and processors with stores of their own. */
import assert from "node:assert/strict";
import {
  decodeText,
  encodeText,
  type Job,
  job,
  json,
  type SchedulingContext,
  type StoreCodecs,
  stream,
  table,
  text,
  tumbling,
  within,
} from "../../../src/streams/mod.ts";
import { type TestInput, TopologyTestDriver } from "../../../src/streams/testing/mod.ts";

const startMs = 1_000_000;

const said = (value: string, atMs = 0, key = "eva"): TestInput => ({
  topic: "said",
  key,
  value,
  timestampMs: startMs + atMs,
});

/** Records of a topic, as `key value`. */
function written(
  { log }: Pick<TopologyTestDriver<unknown, unknown, unknown>, "log">,
  topic: string,
): string[] {
  return log.visible(topic).map(({ key, value }) =>
    `${key && decodeText(key)} ${value && decodeText(value)}`
  );
}

const words = stream("said", text());

Deno.test("a stream without keys goes to a topic, each value where its record lies", async () => {
  const loud = words.flatMap((it) => it.split(" ")).filter((it) => it !== "no")
    .map((it, { key }) => `${it.toUpperCase()}${key?.length}`);
  const topology = job("loud").to("loud", loud, { value: text() });
  await using driver = await TopologyTestDriver.start(topology, { startMs, partitions: 2 });
  await driver.pipe({ ...said("a no b"), partition: 1 }, { ...said("c"), partition: 0 });
  await driver.pipe(said("no"));
  assert.deepEqual(written(driver, "loud"), []); // processed, not committed
  await driver.commit();
  assert.deepEqual(written(driver, "loud"), ["eva C3", "eva A3", "eva B3"]);
  assert.deepEqual(driver.log.visible("loud").map(({ partition }) => partition), [0, 1, 1]);
  assert.equal(driver.log.visible("loud")[0]?.timestampMs, startMs);
  assert.equal(driver.counts.aggregated, 3);
  assert.equal(driver.counts.read, 3);
});

Deno.test("a job commits early where much waits to be written to its topics", async () => {
  const many = words.flatMap((it) => Array.from({ length: 90 }, () => it));
  const topology = job("many").to("many", many, { value: text() });
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe(said("x".repeat(90_000)));
  assert.equal(written(driver, "many").length, 0);
  await driver.pipe(said("x".repeat(90_000)));
  assert.equal(written(driver, "many").length, 180);
});

Deno.test("peek() behind keyBy() sees each value once, however many streams continue", async () => {
  const seen: string[] = [];
  const looked = stream("lines", text()).keyBy((line) => line)
    .flatMap((line) => [line, line.toUpperCase()])
    .peek((line, key) => seen.push(`${key} ${line}`));
  const long = looked.filter((line) => line.length > 1);
  const jobs = job("looked").to("all", looked).to("long", long);
  await using driver = await TopologyTestDriver.start(jobs, { startMs: 1 });
  await driver.pipe({ key: "a", value: "a" }, { key: "bb", value: "bb" });
  await driver.commit();
  assert.deepEqual(seen, ["a a", "a A", "bb bb", "bb BB"]);
  assert.equal(driver.log.visible("long").length, 2);
});

Deno.test("a stream branches to several topics, beside its table", async () => {
  const keyed = words.keyBy((it) => it.slice(0, 1), { repartition: false });
  const topology = job("split")
    .to("lengths", keyed.map((it) => it.length).reduce("lengths", (a, b) => a + b))
    .to("short", keyed.filter((it) => it.length < 3))
    .to("long", keyed.filter((it) => it.length >= 3).map((it, key) => `${key}: ${it}`));
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe(...["ab", "abc", "a"].map((it) => said(it, 0, "a")));
  await driver.commit();
  assert.deepEqual(written(driver, "short"), ['a "ab"', 'a "a"']);
  assert.deepEqual(written(driver, "long"), ['a "a: abc"']);
  assert.equal((await driver.value("a"))?.value, 6);
});

Deno.test("branch() gives each value to the first branch that wants it", async () => {
  const asked: string[] = [];
  const { short, long } = words.groupByKey().branch({
    short: (word) => asked.push(word) > 0 && word.length < 3,
    long: (word, key) => word !== key,
  });
  const topology = job("branches").to("long", long).to("counts", short.count("counts"))
    .to("short", short.map((word) => `${word}!`));
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe(said("a"), said("long"), said("eva"), said("b"));
  await driver.commit();
  assert.deepEqual(written(driver, "short"), ['eva "a!"', 'eva "b!"']);
  assert.deepEqual(written(driver, "long"), ['eva "long"']);
  assert.deepEqual(written(driver, "counts"), ["eva 2"]);
  assert.deepEqual(asked, ["a", "long", "eva", "b"]);
  assert.equal(driver.counts.read, 3);
});

Deno.test("streams of two sources are no streams of one job", () => {
  assert.throws(
    () => job("two").to("a", words.filter(Boolean)).to("b", words.groupByKey()),
    /must write streams of one source, said/,
  );
});

/** Numbers what each key says, and says when it was silent for 10 ms. */
const numbered = words.groupByKey().process("turns", { turn: json<number>(), at: text() }, {
  process(word, { key, timeMs, stores: { turn, at }, schedule }) {
    if (word === "forget") turn.delete();
    if (word === "fail") {
      turn.put(1_000);
      schedule(timeMs + 1);
      throw new Error("failed");
    }
    const number = (turn.get() ?? 0) + 1;
    turn.put(number);
    at.put(word, timeMs);
    schedule(timeMs + 10);
    return [`${key} ${number} ${word}`];
  },
  punctuate(timeMs, { key, stores: { at } }) {
    const word = at.get(timeMs - 10);
    at.delete(timeMs - 10);
    return [`${key} silent at ${timeMs - startMs} since ${word}`];
  },
});

const turns: Job<string, never> = job("turns", {
  handlers: { onProcessingError: () => "dead-letter" },
}).to("turns", numbered, { value: text() });

/** What `turns` has written. */
function turnsOf(driver: TopologyTestDriver<string, never, never>): string[] {
  return driver.log.visible("turns").map(({ value }) =>
    decodeText(value ?? new Uint8Array()) ?? ""
  );
}

Deno.test("a processor has stores of its key, and is called for what it has scheduled", async () => {
  await using driver = await TopologyTestDriver.start(turns, { startMs });
  await driver.pipe(said("a"), said("b", 3), said("x", 3, "ida"));
  await driver.pipe(said("c", 9), said("d", 13), said("late", 1, "ida"));
  await driver.pipe(said("e", 30, "c\0d"));
  await driver.commit();
  assert.deepEqual(
    turnsOf(driver),
    [
      "eva 1 a",
      "eva 2 b",
      "ida 1 x",
      "eva 3 c",
      "eva silent at 10 since a",
      "eva silent at 13 since b",
      "ida silent at 13 since x",
      "eva 4 d",
      "ida 2 late",
      "ida silent at 11 since late", // it was due when it was scheduled: before the next value
      "eva silent at 19 since c",
      "eva silent at 23 since d",
      "c\0d 1 e",
    ],
  );
});

for (const state of ["kept", "deleted"] as const) {
  for (const at of ["before-end", "after-end"] as const) {
    Deno.test(`a processor's state and what it makes survive a crash ${at}, state ${state}`, async () => {
      await using driver = await TopologyTestDriver.start(turns, { startMs });
      await driver.pipe(said("a"), said("b", 3));
      await driver.commit();
      await driver.pipe(said("c", 11, "ida"), said("d", 12));
      driver.failNext(at, { error: "crash" });
      await driver.commit();
      await driver.crash(0, { state });
      await driver.restart();
      await driver.commit();
      await driver.pipe(said("e", 40));
      await driver.commit();
      assert.deepEqual(turnsOf(driver), [
        "eva 1 a",
        "eva 2 b",
        "eva silent at 10 since a",
        "ida 1 c",
        "eva 3 d",
        "eva silent at 13 since b",
        "ida silent at 21 since c",
        "eva silent at 22 since d",
        "eva 4 e",
      ]);
    });
  }
}

Deno.test("what a processor has stored is written when it changes, and not again", async () => {
  await using driver = await TopologyTestDriver.start(turns, { startMs });
  await driver.pipe(said("a", 0, "ida"));
  await driver.commit();
  const { length } = driver.changelog;
  await driver.pipe(said("b", 1, "eva"));
  await driver.commit();
  const later = driver.changelog.slice(length).map(({ key }) => key?.toHex() ?? "");
  const isOf = (name: string) => later.some((key) => key.includes(encodeText(name).toHex()));
  assert.deepEqual([isOf("eva"), isOf("ida")], [true, false]);
});

Deno.test("a restart calls for nothing that a late value scheduled before its time", async () => {
  await using driver = await TopologyTestDriver.start(turns, { startMs });
  await driver.pipe(said("a", 50), said("b", 1));
  await driver.commit();
  await driver.crash();
  await driver.restart();
  await driver.pipe(said("c", 2)); // the partition's time is 50, restarted or not
  await driver.commit();
  assert.deepEqual(turnsOf(driver), [
    "eva 1 a",
    "eva 2 b",
    "eva silent at 11 since b",
    "eva 3 c",
  ]);
});

Deno.test("a value on which a processor throws changes and schedules nothing", async () => {
  await using driver = await TopologyTestDriver.start(turns, { startMs });
  await driver.pipe(said("a"), said("fail", 1), said("b", 2));
  await driver.pipe(said("forget", 4), said("c", 5));
  await driver.commit();
  assert.deepEqual(turnsOf(driver), ["eva 1 a", "eva 2 b", "eva 1 forget", "eva 2 c"]);
  assert.equal(driver.deadLetters.length, 1);
  assert.equal(driver.counts.read, 5);
});

Deno.test("a value that a table throws on leaves no trace in a processor's store", async () => {
  const keyed = words.groupByKey().process("count", { n: json<number>() }, {
    process(word, { stores: { n } }) {
      n.put((n.get() ?? 0) + 1);
      return [`${word}${n.get()}`];
    },
  });
  const folded = keyed.window(tumbling("10s")).reduce("all", (before, word) => {
    if (word.startsWith("fail")) throw new Error("failed");
    return before + word;
  });
  const topology = job("counted", { handlers: { onProcessingError: () => "dead-letter" } })
    .to("all", folded).to("each", keyed);
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe(said("a"), said("fail", 1), said("b", 2));
  await driver.commit();
  assert.equal((await driver.windows("eva"))[0]?.value, "a1b2"); // processed once for both
  assert.deepEqual(written(driver, "each"), ['eva "a1"', 'eva "b2"']);
});

Deno.test("a processor is joined with a table before it", async () => {
  const topology = job("joined").to(
    "joined",
    words.groupByKey().leftJoin(table("names", text()), (word, name) => `${name}: ${word}`)
      .process("last", { last: text() }, {
        process(line, { stores: { last } }) {
          const before = last.get();
          last.put(line);
          return before === undefined ? [] : [before];
        },
      }),
  );
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe({ topic: "names", key: "eva", value: "Eva", timestampMs: startMs });
  await driver.pipe(said("a"), said("b"));
  await driver.commit();
  assert.deepEqual(written(driver, "joined"), ['eva "Eva: a"']);
  assert.equal(driver.counts.aggregated, 2); // the first changed a store
});

// Both wrote to the same rows, and each read what the other one had kept.
Deno.test("two processors of a job are not called alike, nor two tables of one topic", () => {
  const keyed = words.groupByKey();
  const passing = { process: (word: string) => [word] };
  const one = keyed.process("same", {}, passing);
  const other = keyed.process("same", {}, passing);
  const branched = job("branched").to("one", one).to("again", one.map((word) => word));
  const why = /processors must have names of their own: same/;
  assert.throws(() => one.process("same", {}, passing), why);
  assert.throws(() => branched.to("other", other), why);
  assert.throws(() => branched.to("counts", other.count("counts")), why);
  const others = stream("others", text()).groupByKey().process("same", {}, passing);
  assert.throws(() => one.join("joined", others, within("1m"), (a, b) => a + b), why);
  assert.throws(
    () => one.join("same", stream("more", text()).groupByKey(), within("1m"), String),
    why,
  );
  const named = () => keyed.join(table("names", text()), (word, name) => word + name);
  const twice = () => job("twice").to("one", named()).to("other", named());
  assert.throws(twice, /names must be read once: as one table/);
});

Deno.test("what punctuate throws stops the task, and what it makes is no table's", async () => {
  const calls = words.groupByKey().process("calls", {}, {
    process(_word, { timeMs, schedule }) {
      schedule(timeMs + 1);
      return [];
    },
    punctuate: (timeMs, { schedule }) => {
      schedule(timeMs);
      return ["never"];
    },
  });
  // @ts-expect-error: what comes of calls is no table's
  assert.throws(() => calls.reduce("all", (a, b) => a + b), /calls makes must go to a topic/);
  await using driver = await TopologyTestDriver.start(job("calls").to("calls", calls), { startMs });
  await driver.pipe(said("a"), said("b", 2));
  assert.match(driver.tasks()[0]?.problem ?? "", /punctuate of calls failed at eva/);
});

Deno.test("a processor is called for what it has scheduled itself, from call to call", async () => {
  const beats = (name: string, everyMs: number) => ({
    process(word: string, { timeMs, schedule }: SchedulingContext<StoreCodecs>) {
      schedule(timeMs + everyMs);
      return [word];
    },
    punctuate(timeMs: number, { schedule }: SchedulingContext<StoreCodecs>) {
      schedule(timeMs + everyMs);
      return [`${name} ${timeMs - startMs}`];
    },
  });
  const made = words.groupByKey().process("first", {}, beats("first", 3))
    .process("second", {}, beats("second", 20));
  const topology = job("beats").to("beats", made, { value: text() });
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe(said("a"), said("b", 10, "ida"));
  await driver.commit();
  assert.deepEqual(written(driver, "beats"), [
    "eva a",
    "eva first 3",
    "eva first 6",
    "eva first 9",
    "ida b",
  ]);
});

Deno.test("a value of which nothing is left has no partner to wait for, and is not late", async () => {
  const questions = words.groupByKey();
  const answers = stream("answers", text()).groupByKey().process("last", { last: text() }, {
    process(word, { stores: { last } }) {
      last.put(word);
      return word === "no" ? [] : [word];
    },
  });
  const pairs = questions.join("pairs", answers, within(8), (a, b) => `${a} ${b}`);
  await using driver = await TopologyTestDriver.start(job("pairs").to("pairs", pairs), { startMs });
  await driver.pipe(said("a", 100));
  const late = (value: string) => ({ ...said(value), topic: "answers" });
  await driver.pipe(late("no"));
  await driver.commit();
  assert.equal(driver.late.length, 0);
  await driver.pipe(late("yes"));
  await driver.commit();
  assert.equal(driver.late.length, 1);
});

Deno.test("a processor behind the changes of a table is called as any other", async () => {
  const changes = table("said", text()).leftJoin(table("names", text()), (word) => word).toStream();
  const made = changes.process("echo", {}, {
    process(word, { timeMs, schedule }) {
      schedule(timeMs + 5);
      return [`${word}`];
    },
    punctuate: (timeMs) => [`after ${timeMs - startMs}`],
  });
  const topology = job("echo").to("echo", made, { value: text() });
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  await driver.pipe(said("a"), said("b", 10));
  await driver.commit();
  assert.deepEqual(written(driver, "echo"), ["eva a", "eva after 5", "eva b"]);
});

Deno.test("deleting what a store does not have writes nothing", async () => {
  const nothing = words.groupByKey().process("nothing", { it: text() }, {
    process(_word, { stores: { it } }) {
      it.delete();
      it.delete(5);
      return [];
    },
  });
  await using driver = await TopologyTestDriver.start(job("n").to("n", nothing), { startMs });
  await driver.pipe(said("a"));
  await driver.commit();
  assert.deepEqual(driver.changelog.filter(({ key }) => key?.[0] !== 0x6d), []);
  assert.equal(driver.counts.read, 0); // left out
});

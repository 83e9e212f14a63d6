/** Streams joined with each other within a window. */
import assert from "node:assert/strict";
import {
  decodeText,
  encodeText,
  job,
  json,
  stream,
  text,
  within,
} from "../../../src/streams/mod.ts";
import { type TestInput, TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { fc } from "../../support/properties.ts";

const startMs = 1_000_000;

interface Said {
  readonly who: string;
  readonly what: string;
  readonly atMs: number;
}

const [asked, answered] = ["asked", "answered"].map((topic) =>
  stream(topic, json<Said>()).timestamp(({ atMs }) => atMs)
    .keyBy(({ who }) => who)
) as [ReturnType<typeof saidIn>, ReturnType<typeof saidIn>];

function saidIn(topic: string) {
  return stream(topic, json<Said>()).keyBy(({ who }) => who);
}

const pair = (question?: Said, answer?: Said) => `${question?.what ?? "-"}:${answer?.what ?? "-"}`;
const [differenceMs, graceMs] = [8, 4];
const windows = within(differenceMs, { grace: graceMs });
const inner = job("inner").to("pairs", asked.join("pairs", answered, windows, pair));
const left = job("left").to("pairs", asked.leftJoin("pairs", answered, windows, pair));
const outer = outerOf(1);

/** Joins within so many times the difference. */
function outerOf(scale: number) {
  const longer = within(scale * differenceMs, { grace: scale * graceMs });
  return job("outer").to("pairs", asked.outerJoin("pairs", answered, longer, pair));
}

function say(topic: string, what: string, atMs: number, who = "eva"): TestInput {
  const value = JSON.stringify({ who, what, atMs: startMs + atMs });
  return { topic, key: who, value, timestampMs: startMs + atMs };
}

type Driver = Pick<TopologyTestDriver<unknown, unknown, unknown>, "log">;

function pairsOf({ log }: Driver): unknown[] {
  return log.visible("pairs").map(({ value }) =>
    JSON.parse(decodeText(value ?? new Uint8Array()) ?? "")
  );
}

Deno.test("join() makes each pair of a key within the window once, whoever came first", async () => {
  await using driver = await TopologyTestDriver.start(inner, { startMs });
  await driver.pipe(say("asked", "a", 0));
  await driver.pipe(
    say("answered", "A", 8),
    say("answered", "B", 9),
    say("answered", "I", 1, "ida"),
  );
  await driver.pipe(say("asked", "b", 12), say("asked", "c", 1)); // late, within the grace
  await driver.commit();
  assert.deepEqual(pairsOf(driver), ["a:A", "b:A", "b:B", "c:A", "c:B"]);
});

Deno.test("join() finds partners of what is late by no more than the grace", async () => {
  await using driver = await TopologyTestDriver.start(inner, { startMs });
  await driver.pipe(say("asked", "a", 0), say("asked", "b", 12));
  await driver.pipe(say("answered", "A", 8)); // late by 4: `a` has waited for it
  await driver.pipe(say("asked", "c", 13));
  await driver.pipe(say("answered", "B", 8)); // by 5: `a` is gone
  await driver.commit();
  assert.deepEqual(pairsOf(driver), ["a:A", "b:A", "c:A", "b:B", "c:B"]);
});

Deno.test("what comes when partners may have gone is late", async () => {
  await using driver = await TopologyTestDriver.start(inner, { startMs });
  await driver.pipe(say("asked", "a", 0), say("answered", "Z", 20, "ida"));
  await driver.pipe(say("answered", "A", 8)); // by 12: `a` is gone
  await driver.pipe(say("asked", "b", 16)); // by 4, and joined
  await driver.commit();
  assert.deepEqual(pairsOf(driver), ["b:A"]);
  const [late, ...others] = driver.late;
  assert.deepEqual(others, []);
  const header = (name: string) => decodeText(late?.headers?.[name] ?? new Uint8Array());
  assert.deepEqual(JSON.parse(decodeText(late?.value ?? new Uint8Array()) ?? ""), [
    { who: "eva", what: "A", atMs: startMs + 8 },
  ]);
  assert.deepEqual(
    ["origin-topic", "origin-offset", "window-start", "window-end", "stream-time"].map(header),
    ["answered", "1", startMs, startMs + 17, startMs + 20].map(String),
  );
  const { read, aggregated, late: count } = driver.tasks()[0]?.counts ?? {};
  assert.deepEqual([read, aggregated, count], [4, 3, 1]);
});

// What came through the repartition topic named the first input, whichever it was read from.
Deno.test("what is late leads back to where it was read, of whichever input", async () => {
  await using driver = await TopologyTestDriver.start(inner, { startMs, partitions: 2 });
  const whos = ["eva", "ida", "ada", "bob"];
  for (const [atMs, what] of [[100, "moves the time on"], [1, "late"]] as const) {
    for (const who of whos) {
      await driver.pipe({ ...say("answered", what, atMs, who), partition: 0, key: null });
    }
    await driver.commit();
    await driver.commit();
  }
  assert.ok(driver.counts.rekeyed > 0);
  const origins = driver.late.map(({ headers }) =>
    ["origin-topic", "origin-partition", "origin-offset"]
      .map((name) => decodeText(headers[name] ?? new Uint8Array())).join(" ")
  );
  assert.deepEqual(origins.toSorted(), [4, 5, 6, 7].map((offset) => `answered 0 ${offset}`));
});

Deno.test("leftJoin() and outerJoin() say once who had no partner", async () => {
  for (
    const [topology, expected] of [[left, ["b:A", "a:-"]], [outer, ["b:A", "a:-", "-:B"]]] as const
  ) {
    await using driver = await TopologyTestDriver.start(topology, { startMs });
    await driver.pipe(say("asked", "a", 0), say("asked", "b", 20));
    await driver.pipe(say("answered", "A", 21));
    await driver.pipe(say("answered", "B", 90, "ida"));
    await driver.pipe(say("asked", "end", 200, "end"));
    await driver.commit();
    assert.deepEqual(pairsOf(driver).toSorted(), [...expected].toSorted());
    await driver.pipe(say("asked", "end", 400, "end"));
    await driver.commit();
    assert.deepEqual(pairsOf(driver).filter((it) => it === "a:-").length, 1);
  }
});

Deno.test("what has no partner any more is no longer kept", async () => {
  await using driver = await TopologyTestDriver.start(outerOf(4), { startMs });
  for (let i = 0; i < 80; i++) {
    await driver.pipe(say("asked", `a${i}`, i % 9), say("answered", `A${i}`, i % 9));
    if (i % 7 === 0) await driver.commit();
  }
  await driver.pipe(say("asked", "end", 1_000, "end"));
  await driver.commit();
  const keys = driver.changelog.map(({ key, value }) => [key?.toHex(), value === null] as const);
  const latest = new Map(keys);
  const held = [...latest].filter(([key, gone]) => !gone && /^7[34]/.test(key ?? ""));
  assert.equal(held.length, 2); // that of `end`, and its call
});

Deno.test("join() makes pairs in the order of the partners' times, however many wait", async () => {
  for (const scale of [1, 2, 16]) {
    await using driver = await TopologyTestDriver.start(outerOf(scale), { startMs });
    for (let i = 0; i < 60; i++) {
      await driver.pipe(say("asked", `${i}`, i % 7));
      if (i === 30) await driver.crash().then(() => driver.restart());
    }
    await driver.pipe(say("answered", "all", 5));
    await driver.commit();
    const inTime = Array.from({ length: 60 }, (_, i) => i).sort((a, b) => a % 7 - b % 7 || a - b);
    assert.deepEqual(pairsOf(driver), inTime.map((i) => `${i}:all`));
  }
});

/** Rows of the store of a join's left side that a commit has written, and has not deleted. */
function leftRows(
  { changelog }: Pick<TopologyTestDriver<unknown, unknown, unknown>, "changelog">,
): string[] {
  const latest = new Map<string, boolean>();
  for (const { key, value } of changelog) {
    latest.set(key?.toHex() ?? "", value !== null);
  }
  const ofLeft = new RegExp(`^7[34]${encodeText("pairs.left").toHex()}`);
  return [...latest].flatMap(([key, isHeld]) => isHeld && ofLeft.test(key) ? [key] : []);
}

Deno.test("the values of a quiet key are one row, those of a busy one are in parts", async () => {
  await using driver = await TopologyTestDriver.start(inner, { startMs });
  const counts: number[] = [];
  for (let i = 0; i < 6; i++) {
    await driver.pipe(say("asked", `${i}`, 0));
    await driver.commit();
    counts.push(leftRows(driver).length);
  }
  assert.deepEqual(counts, [1, 1, 1, 1, 2, 2]);
});

Deno.test("a value that has a partner already is not written again", async () => {
  await using driver = await TopologyTestDriver.start(inner, { startMs });
  await driver.pipe(say("asked", "a", 0), say("answered", "A", 0));
  await driver.commit();
  const before = driver.changelog.length;
  await driver.pipe(say("answered", "B", 0));
  await driver.commit();
  const written = driver.changelog.slice(before).map(({ key }) =>
    decodeText(key ?? new Uint8Array())
  );
  assert.ok(!written.some((key) => key?.includes("left")), `${written}`);
});

Deno.test("join() finds partners at the edge of the window, wherever they lie", async () => {
  await using driver = await TopologyTestDriver.start(outerOf(16), { startMs });
  for (let i = 0; i < 5; i++) await driver.pipe(say("asked", `${i}`, 16 * differenceMs));
  await driver.pipe(say("answered", "A", 0));
  await driver.commit();
  assert.deepEqual(pairsOf(driver), ["0:A", "1:A", "2:A", "3:A", "4:A"]);
});

Deno.test("rows are found though the newest values are over", async () => {
  await using driver = await TopologyTestDriver.start(outerOf(4), { startMs });
  for (let i = 0; i < 5; i++) await driver.pipe(say("asked", `new ${i}`, 12));
  for (let i = 0; i < 4; i++) await driver.pipe(say("asked", `old ${i}`, 2));
  await driver.pipe(say("asked", "end of the old", 53, "ida"));
  await driver.pipe(say("answered", "A", 40));
  await driver.commit();
  const pairs = pairsOf(driver).filter((pair) => `${pair}`.endsWith(":A"));
  assert.deepEqual(pairs, ["new 0:A", "new 1:A", "new 2:A", "new 3:A", "new 4:A"]);
});

Deno.test("a value of a busy key is written with a few others at most", async () => {
  await using driver = await TopologyTestDriver.start(outerOf(1_000), { startMs });
  const longest = () => Math.max(...driver.changelog.map(({ value }) => value?.length ?? 0));
  for (let i = 0; i < 20; i++) await driver.pipe(say("asked", `${i}`, i));
  await driver.commit();
  const before = longest();
  for (let i = 20; i < 200; i++) {
    await driver.pipe(say("asked", `${i}`, i));
    if (i % 20 === 0) await driver.commit();
  }
  await driver.commit();
  assert.ok(longest() < 1.1 * before, `${longest()} bytes after ${before}`);
});

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`pairs survive crashes, state ${state}, over two partitions`, async () => {
    await using driver = await TopologyTestDriver.start(outer, { startMs, partitions: 2 });
    await driver.pipe({ ...say("asked", "a", 0), partition: 0, key: null });
    await driver.pipe({ ...say("answered", "A", 1), partition: 1, key: null });
    driver.failNext("before-end", { error: "crash" });
    await driver.commit();
    await driver.crash(0, { state });
    await driver.restart();
    await driver.commit();
    await driver.commit();
    driver.failNext("after-end", { error: "crash" });
    await driver.pipe({ ...say("answered", "B", 2), partition: 0, key: null });
    await driver.commit();
    await driver.crash(0, { state });
    await driver.restart();
    await driver.commit();
    await driver.commit();
    assert.deepEqual(pairsOf(driver), ["a:A", "a:B"]);
    assert.equal(driver.deadLetters.length, 0);
  });
}

/** Who belongs together within so many times the difference, by looking at all of them. */
function naivePairs(
  all: readonly { readonly topic: string; readonly atMs: number }[],
  scale = 1,
): string[] {
  const named = all.map((one, index) => ({ ...one, name: String(index) }));
  const questions = named.filter(({ topic }) => topic === "asked");
  const answers = named.filter(({ topic }) => topic === "answered");
  const together = (a: { readonly atMs: number }, b: { readonly atMs: number }) =>
    Math.abs(a.atMs - b.atMs) <= scale * differenceMs;
  const pairs = questions.flatMap((q) =>
    answers.filter((a) => together(q, a)).map((a) => `${q.name}:${a.name}`)
  );
  const alone = (one: { readonly atMs: number }, others: readonly { readonly atMs: number }[]) =>
    !others.some((other) => together(one, other));
  return [
    ...pairs,
    ...questions.filter((q) => alone(q, answers)).map(({ name }) => `${name}:-`),
    ...answers.filter((a) => alone(a, questions)).map(({ name }) => `-:${name}`),
  ].sort();
}

Deno.test("outerJoin() is what all pairs are, of values no later than the grace", async () => {
  const step = fc.record({
    topic: fc.constantFrom("asked", "answered"),
    forwardMs: fc.integer({ min: 0, max: 12 }),
    backMs: fc.integer({ min: 0, max: graceMs }),
    commits: fc.boolean(),
    crashes: fc.boolean(),
  });
  // Rows of one part, of two and of many; keys with few values at a time, and with many.
  const [scales, paces] = [fc.constantFrom(1, 2, 16), fc.constantFrom(0.1, 1)];
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      scales,
      paces,
      async (steps, scale, pace) => {
        await using driver = await TopologyTestDriver.start(outerOf(scale), { startMs });
        let timeMs = 0;
        const all: { readonly topic: string; readonly atMs: number }[] = [];
        for (const { topic, forwardMs, backMs, commits, crashes } of steps) {
          timeMs += Math.floor(scale * pace * forwardMs);
          const atMs = Math.max(0, timeMs - scale * backMs);
          await driver.pipe(say(topic, String(all.length), atMs));
          all.push({ topic, atMs });
          if (commits) await driver.commit();
          if (!crashes) continue;
          await driver.crash();
          await driver.restart();
        }
        await driver.pipe(say("asked", "end", 1_000, "end"));
        await driver.commit();
        assert.deepEqual(pairsOf(driver).toSorted(), naivePairs(all, scale));
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("join() lacks no pair but of what is late, however far back that is", async () => {
  const step = fc.record({
    topic: fc.constantFrom("asked", "answered"),
    forwardMs: fc.integer({ min: 0, max: 12 }),
    backMs: fc.integer({ min: 0, max: 60 }),
    partition: fc.nat({ max: 1 }),
    commits: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      await using driver = await TopologyTestDriver.start(inner, { startMs, partitions: 2 });
      let timeMs = 0;
      const all: { readonly topic: string; readonly atMs: number }[] = [];
      for (const { topic, forwardMs, backMs, partition, commits } of steps) {
        timeMs += forwardMs;
        const atMs = Math.max(0, timeMs - backMs);
        await driver.pipe({ ...say(topic, String(all.length), atMs), partition, key: null });
        all.push({ topic, atMs });
        if (commits) await driver.commit();
      }
      do await driver.commit(); while (driver.tasks().some((task) => task.lagRecords !== 0));
      const late = new Set(
        driver.late.map(({ value }) =>
          JSON.parse(decodeText(value ?? new Uint8Array()) ?? "")[0].what
        ),
      );
      const made = new Set(pairsOf(driver));
      assert.equal(made.size, pairsOf(driver).length);
      const lacking = naivePairs(all).filter((pair) => !pair.includes("-") && !made.has(pair));
      const isExplained = (pair: string) => pair.split(":").some((name) => late.has(name));
      assert.deepEqual(lacking.filter((pair) => !isExplained(pair)), []);
      const counts = driver.tasks().map(({ counts }) => counts);
      assert.equal(counts.reduce((sum, { late }) => sum + late, 0), driver.late.length);
      assert.equal(counts.reduce((sum, { read }) => sum + read, 0), all.length);
    }),
    { numRuns: 40 },
  );
});

Deno.test("streams that do not fit together are not joined", () => {
  assert.throws(() => asked.join("twice", asked, windows, pair), /different topics: asked/);
  const byRecord = stream("other", text()).groupByKey();
  assert.throws(
    () => asked.join("mixed", byRecord, windows, () => ""),
    /asked and other must both be keyed by keyBy, or by groupByKey/,
  );
});

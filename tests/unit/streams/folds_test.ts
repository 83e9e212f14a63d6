import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  count,
  countDistinct,
  decodeText,
  encodeText,
  first,
  fold,
  job,
  json,
  last,
  max,
  mean,
  min,
  PipelineError,
  stream,
  sum,
  text,
  tumbling,
  type Verdict,
} from "../../../src/streams/mod.ts";
import { type Fold, folded } from "../../../src/streams/topology/folds.ts";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { fc } from "../../support/properties.ts";

interface Click {
  readonly user: string;
  readonly atMs: number;
  readonly cents: number;
  readonly page: string;
}

const startMs = 2_000_000;
const clicks = stream("clicks", json<Click>())
  .timestamp(({ atMs }) => atMs)
  .keyBy(({ user }) => user);

function click(cents: number | null, page: string, atMs = startMs) {
  return { key: "eva", value: JSON.stringify({ user: "eva", cents, page, atMs }) };
}

const fields = {
  n: count(),
  spent: sum((click: Click) => click.cents),
  low: min((click: Click) => click.cents),
  high: max((click: Click) => click.cents),
  middle: mean((click: Click) => click.cents),
  entry: first((click: Click) => click.page),
  exit: last((click: Click) => click.page),
  earliest: first((click: Click) => click.page, { at: ({ atMs }) => atMs }),
  latest: last((click: Click) => click.page, { at: ({ atMs }) => atMs }),
  pages: countDistinct((click: Click) => click.page, { upTo: 3 }),
};

Deno.test("aggregate() folds the fields that it is given, and shows their values", async () => {
  const visits = clicks.aggregate("visits", {
    spent: sum((click) => click.cents),
    n: count(),
    pages: fold<Click, string[], string>({
      form: "pages",
      initial: () => [],
      add: (pages, { page }) => [...pages, page],
      merge: (into, from) => [...into, ...from],
      value: (pages) => pages.join(),
    }),
  });
  const written = job("visits")
    .to("visits", visits)
    .write(visits.map(({ key, value: { spent, n, pages } }) => ({ key, each: spent / n, pages })));
  await using driver = await TopologyTestDriver.start(written, { startMs });
  await driver.pipe(click(300, "home"), click(100, "cart"));
  await driver.commit();
  for (const state of ["kept", "deleted"] as const) {
    await driver.crash(0, { state });
    await driver.restart();
    await driver.pipe(click(200, "home"));
    await driver.commit();
  }
  assert.deepEqual(driver.rows.at(-1), { key: "eva", each: 200, pages: "home,cart,home,home" });
  assert.deepEqual((await driver.value("eva"))?.value, {
    n: 4,
    pages: "home,cart,home,home",
    spent: 800,
  });
  const published = driver.log.visible("visits").at(-1)?.value ?? new Uint8Array();
  assert.equal(decodeText(published), '{"n":4,"pages":"home,cart,home,home","spent":800}');
});

Deno.test("aggregate() rolls the fields of windows up", async () => {
  const visits = clicks.window(tumbling("10s", { retention: "1m" })).aggregate(
    "visits",
    { middle: mean((click) => click.cents), exit: last((click) => click.page) },
    { rollUps: [tumbling("20s", { retention: "1m" })] },
  );
  const written = job("visits").write(
    visits.map(({ startMs, endMs, value }) => ({ startMs, endMs, ...value })),
  );
  await using driver = await TopologyTestDriver.start(written, { startMs });
  await driver.pipe(
    click(300, "home"),
    click(100, "cart"),
    click(500, "paid", startMs + 10_000),
    click(0, "home", startMs + 20_000),
  );
  await driver.commit();
  const rolledUp = await driver.windows("eva", { sizeMs: 20_000 });
  assert.deepEqual(rolledUp.map(({ value }) => value), [
    { middle: 300, exit: "paid" },
    { middle: 0, exit: "home" },
  ]);
});

Deno.test("sum() keeps an event without a finite number as a dead letter, if the job says so", async () => {
  const visits = clicks.aggregate("visits", { n: count(), spent: sum((click) => click.cents) });
  const onProcessingError = (): Verdict => "dead-letter";
  const written = job("visits", { handlers: { onProcessingError } }).to("visits", visits);
  await using driver = await TopologyTestDriver.start(written, { startMs });
  await driver.pipe(click(300, "home"), click(null, "home"), click(50, "home"));
  await driver.pipe({
    key: "eva",
    value: JSON.stringify({ user: "eva", page: "home", atMs: startMs }),
  });
  await driver.commit();
  assert.deepEqual((await driver.value("eva"))?.value, { n: 2, spent: 350 });
  assert.equal(driver.deadLetters.length, 2);
});

/** What `fields` must show of clicks, each of them looked at. */
function naive(clicks: readonly Click[]) {
  const cents = clicks.map((click) => click.cents);
  const total = cents.reduce((sum, one) => sum + one, 0);
  const byTime = clicks.toSorted((a, b) => a.atMs - b.atMs);
  return {
    n: clicks.length,
    spent: total,
    low: Math.min(...cents),
    high: Math.max(...cents),
    middle: total / clicks.length,
    entry: clicks[0]?.page,
    exit: clicks.at(-1)?.page,
    earliest: byTime[0]?.page,
    latest: byTime.at(-1)?.page,
    pages: Math.min(3, new Set(clicks.map(({ page }) => page)).size),
  };
}

const someClicks = fc.array(
  fc.record({
    user: fc.constant("eva"),
    atMs: fc.integer({ min: 0, max: 5 }),
    cents: fc.integer({ min: -100, max: 100 }),
    page: fc.constantFrom("home", "cart", "paid", "help", ""),
  }),
  { maxLength: 12 },
);

Deno.test("folds show the same of two parts, written, read and merged, as of all events", () => {
  const { initial, add, merge, codec, view } = folded<Click, typeof fields>(fields);
  const read = (clicks: readonly Click[]) =>
    codec.decode(codec.encode(clicks.reduce(add, initial())));
  fc.assert(
    fc.property(someClicks, someClicks, (earlier, later) => {
      const all = [...earlier, ...later];
      if (all.length === 0) return;
      const merged = codec.decode(codec.encode(merge(read(earlier), read(later))));
      assert.deepEqual(view(merged), naive(all));
      assert.deepEqual(view(merge(initial(), read(all))), naive(all));
      assert.deepEqual(view(all.reduce(add, initial())), naive(all));
    }),
  );
});

Deno.test.each([
  { why: "a field more", other: { n: count(), high: max(Number), low: min(Number) } },
  { why: "a field less", other: { n: count() } },
  { why: "another name", other: { n: count(), top: max(Number) } },
  { why: "another kind", other: { n: count(), high: min(Number) } },
])("the codec of fields reads no others: $why", ({ other }) => {
  const { add, initial, codec } = folded({ high: max(Number), n: count() });
  const bytes = codec.encode(add(initial(), 1));
  const wrong = folded<number, typeof other>(other).codec;
  assert.throws(() => wrong.decode(bytes), PipelineError);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => codec.decode(bytes.subarray(0, length)), PipelineError);
  }
});

Deno.test("the codec of fields survives any bytes, or says that it cannot read them", () => {
  const { codec, add, initial } = folded<Click, typeof fields>(fields);
  const bytes = codec.encode(add(initial(), { user: "eva", atMs: 1, cents: 2, page: "home" }));
  const change = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const changed = bytes.slice();
      for (const [at, byte] of changes) changed[at] = byte;
      try {
        codec.decode(changed);
      } catch (error) {
        assert(error instanceof PipelineError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("the codec of fields gives back what the codec of each wrote, nothing included", () => {
  const kept = (): Fold<string, string> =>
    fold<string, string, string>({
      form: "kept",
      initial: () => "",
      add: (_kept, text) => text,
      merge: (_into, from) => from,
      value: (text) => text,
      codec: text(),
    });
  fc.assert(
    fc.property(fc.array(fc.constantFrom("", "a", "bc"), { minLength: 1, maxLength: 4 }), (all) => {
      const { codec } = folded(Object.fromEntries(all.map((_, at) => [`field${at}`, kept()])));
      const written = all as unknown as ReturnType<typeof codec.decode>;
      assert.deepEqual(codec.decode(codec.encode(written)), all);
    }),
  );
});

Deno.test.each(["null", "{}", '"a"', "[1]", '["a", null]'])(
  "countDistinct() refuses to read %s, which is no list of texts",
  (stored) => {
    const { codec } = countDistinct(String, { upTo: 3 });
    assert.throws(() => codec.decode(encodeText(stored)), PipelineError);
  },
);

// The codec compared the texts of bytes: a store on disk returns buffers, whose text is another one.
Deno.test("the codec of fields reads what it wrote out of a buffer", () => {
  const { codec, add, initial, view } = folded<Click, typeof fields>(fields);
  const kept = add(initial(), { user: "eva", atMs: 1, cents: 2, page: "home" });
  assert.deepEqual(view(codec.decode(Buffer.from(codec.encode(kept)))), view(kept));
});

Deno.test("a number comes back to the last bit, whatever it is", () => {
  const { codec, view } = folded({ low: min(Number) });
  const { add, initial, codec: sums } = folded({ spent: sum(Number) });
  for (const value of [-0, 0.1 + 0.2, Number.MAX_VALUE, 5e-324]) {
    const kept = sums.decode(sums.encode(add(initial(), value)));
    assert.deepEqual(Object.values(folded({ spent: sum(Number) }).view?.(kept) ?? {}), [0 + value]);
  }
  const infinite = codec.decode(codec.encode(folded({ low: min(Number) }).initial()));
  assert.deepEqual(view(infinite), { low: Infinity });
});

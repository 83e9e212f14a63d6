import assert from "node:assert/strict";
import type { Look } from "../../../../src/http/peers/peer_look.ts";
import { PeerStream, type PeerUpdate } from "../../../../src/http/peers/peer_stream.ts";
import { encodeText } from "../../../../src/streams/text.ts";
import { settle, SimulatedClock } from "../../../../src/streams/testing/simulated_clock.ts";
import {
  hostileEvents,
  hostileSummaries,
  hostileTrades,
} from "../../../support/hostile/peer_answers.ts";

const summary = { symbol: "A", partition: 1, price: 7, time: 1_000, volume: 2, count: 3 };
const trade = {
  ...{ symbol: "A", id: "9007199254740993", time: 1_000, price: 7, volume: 2 },
  ...{ conditions: "1,12", received: 1_040 },
};
const health = {
  now: 0,
  tasks: [{ partition: 1, state: "running", last_commit: 0 }],
};

function event(name: string, body: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(body)}\n\n`;
}

/** What a follower passes on of a stream, and whether it took it for an instance. */
async function followed(
  text: string,
  { eventCharsMax = 1_000_000, cut = text.length } = {},
) {
  const updates: PeerUpdate[] = [];
  let asked = 0;
  const look = { symbols: new Set(["A"]), rows: new Set(["A"]) };
  const follower = new PeerStream("http://b:8080", look, {
    ask: () => {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const pieces = asked++ === 0 ? [text.slice(0, cut), text.slice(cut)] : [];
      const writer = writable.getWriter();
      for (const piece of pieces) writer.write(encodeText(piece)).catch(() => {});
      return Promise.resolve(new Response(readable));
    },
    clock: new SimulatedClock(),
    eventCharsMax: () => eventCharsMax,
    onUpdate: (update) => updates.push(update),
    onTurn() {},
  });
  await settle();
  const isHeard = typeof follower.heard === "object";
  const items = updates.flatMap(({ listed, candles, trades, symbols }) => [
    ...listed,
    ...candles,
    ...trades,
    ...symbols,
  ]);
  await follower.stop();
  return { items, isHeard };
}

Deno.test("PeerStream passes on summaries, and trades of symbols that are looked at", async () => {
  const text = event("symbols", { symbols: [summary] }) +
    event("trades", { trades: [trade, { ...trade, symbol: "B" }] });
  assert.deepEqual((await followed(text)).items, [summary, trade]);
});

Deno.test("PeerStream passes on names", async () => {
  const listing = { partitions: { 0: ["A", "."], 3: ["B"] }, version: "7" };
  assert.deepEqual((await followed(event("listing", listing))).items, [
    { symbol: "A", partition: 0 },
    { symbol: ".", partition: 0 },
    { symbol: "B", partition: 3 },
  ]);
});

Deno.test("PeerStream leaves out members that no event of this version has", async () => {
  const more = (item: object) => ({ ...item, more: "<script>" });
  const text = event("symbols", { symbols: [more(summary)] }) +
    event("trades", { trades: [more(trade)] });
  assert.deepEqual((await followed(text)).items, [summary, trade]);
});

Deno.test("PeerStream passes on nothing that is no summary or trade", async () => {
  for (const hostile of hostileSummaries(summary)) {
    const { items } = await followed(event("symbols", { symbols: [hostile] }));
    assert.deepEqual(items, [], JSON.stringify(hostile));
  }
  for (const hostile of hostileTrades(trade)) {
    const { items } = await followed(event("trades", { trades: [hostile] }));
    assert.deepEqual(items, [], JSON.stringify(hostile).slice(0, 300));
  }
});

Deno.test("PeerStream takes no stream for an instance's that says nothing of one", async () => {
  assert.ok((await followed(event("health", health))).isHeard);
  for (const hostile of hostileEvents) {
    const { items } = await followed(hostile);
    assert.deepEqual(items, [], hostile.slice(0, 200));
  }
  const unlike = hostileEvents.filter((text) => text.includes("event: health"));
  for (const hostile of unlike) {
    assert.ok(!(await followed(hostile)).isHeard, hostile.slice(0, 200));
  }
});

Deno.test("PeerStream puts an event together wherever it is cut", async () => {
  const text = event("symbols", { symbols: [summary] }) + event("trades", { trades: [trade] });
  for (let cut = 0; cut <= text.length; cut++) {
    assert.deepEqual((await followed(text, { cut })).items, [summary, trade], `at ${cut}`);
  }
});

Deno.test("PeerStream gives up a stream whose event does not end", async () => {
  const long = event("symbols", { symbols: [summary], padding: " ".repeat(200) });
  assert.deepEqual((await followed(long.trimEnd(), { eventCharsMax: 100 })).items, []);
});

/** A follower, and the connections that it makes: the test speaks on each. */
function connected() {
  const connections: {
    readonly query: string;
    readonly signal: AbortSignal;
    say(text: string): Promise<void>;
    fail(): Promise<void>;
  }[] = [];
  const prices: number[] = [];
  let turns = 0;
  const clock = new SimulatedClock();
  const follower = new PeerStream("http://b:8080", lookAt("A"), {
    ask: (url, signal) => {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writer = writable.getWriter();
      connections.push({
        query: new URL(url).search,
        signal,
        async say(text) {
          await writer.write(encodeText(text)).catch(() => {});
          await settle();
        },
        async fail() {
          await writer.abort().catch(() => {});
          await settle();
        },
      });
      return Promise.resolve(new Response(readable));
    },
    clock,
    eventCharsMax: () => 1_000_000,
    onUpdate: ({ symbols }) => prices.push(...symbols.map(({ price }) => price)),
    onTurn: () => turns++,
  });
  return { follower, connections, prices, turns: () => turns };
}

function lookAt(...rows: readonly string[]): Look {
  return { symbols: new Set(), rows: new Set(rows) };
}

function priced(price: number): string {
  return event("symbols", { symbols: [{ ...summary, price }] });
}

Deno.test("PeerStream asks for what is looked at, and for more without a gap or the names again", async () => {
  const { follower, connections, prices, turns } = connected();
  await settle();
  const [first] = connections;
  follower.look(lookAt("A", "B"));
  assert.equal(connections.length, 1, "nothing was heard yet");
  await first?.say(event("listing", { partitions: {}, version: "v 1" }));
  await first?.say(event("health", health));
  follower.look(lookAt("A", "B", "C"));
  await settle();
  const [, second] = connections;
  assert.deepEqual(connections.map(({ query }) => query), [
    "?scope=local&row=A",
    "?scope=local&listed=v%201&row=A&row=B",
  ]);
  await first?.say(priced(1));
  await second?.say(event("health", health));
  await first?.say(priced(2));
  await second?.say(priced(3));
  assert.deepEqual(prices, [1, 3]);
  assert.ok(first?.signal.aborted && !second?.signal.aborted);
  assert.equal(connections.at(-1)?.query, "?scope=local&listed=v%201&row=A&row=B&row=C");
  assert.equal(turns(), 1, "it was never lost");
  await follower.stop();
});

// JSON can hold half of a surrogate pair, an address cannot: whoever looked at more ended with it.
Deno.test("PeerStream asks for the names again where their list has no version that can be sent", async () => {
  const { follower, connections } = connected();
  await settle();
  await connections[0]?.say(event("health", health) + event("listing", { version: "\uD800" }));
  follower.look(lookAt("B"));
  await settle();
  assert.equal(connections[1]?.query, "?scope=local&row=B");
  await follower.stop();
});

Deno.test("PeerStream keeps the connection that it has where the next one fails", async () => {
  const { follower, connections, prices, turns } = connected();
  await settle();
  await connections[0]?.say(event("health", health));
  follower.look(lookAt("B"));
  await settle();
  await connections[1]?.fail();
  await connections[0]?.say(priced(1));
  assert.deepEqual([prices, turns()], [[1], 1]);
  follower.look(lookAt("B"));
  await settle();
  assert.equal(connections.length, 3, "it is tried again with the next look");
  await connections[0]?.fail();
  assert.equal(follower.heard, "lost");
  await follower.stop();
});

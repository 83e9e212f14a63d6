import assert from "node:assert/strict";
import { PeerStream } from "../../../src/http/peer_stream.ts";
import type { StreamUpdate } from "../../../src/http/viewer.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import {
  hostileEvents,
  hostileSummaries,
  hostileTrades,
} from "../../support/hostile/peer_answers.ts";

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
  const updates: StreamUpdate[] = [];
  let asked = 0;
  const follower = new PeerStream("http://b:8080", {
    ask: () => {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const pieces = asked++ === 0 ? [text.slice(0, cut), text.slice(cut)] : [];
      const writer = writable.getWriter();
      for (const piece of pieces) writer.write(encodeText(piece)).catch(() => {});
      return Promise.resolve(new Response(readable));
    },
    clock: new SimulatedClock(),
    eventCharsMax: () => eventCharsMax,
    watched: () => new Set([undefined, "A"]),
    onUpdate: (update) => updates.push(update),
    onTurn() {},
  });
  await settle();
  const isHeard = typeof follower.heard === "object";
  const items = updates.flatMap(({ candles, trades, symbols }) => [
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

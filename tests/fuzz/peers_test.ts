/** What something answers that only looks like another instance: pages, and its stream. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Random } from "../../src/base/random.ts";
import { encodeText } from "../../src/base/text.ts";
import { Secret } from "../../src/base/secret.ts";
import { PeerAccess } from "../../src/http/peers/peer_access.ts";
import type { Look } from "../../src/http/peers/peer_look.ts";
import { PeerStream } from "../../src/http/peers/peer_stream.ts";
import { defaultQueryLimits } from "../../src/http/admission/query_gate.ts";
import type { Addresses } from "../../src/streams/ports.ts";
import { settle, SimulatedClock } from "../../src/streams/testing/simulated_clock.ts";
import {
  below,
  everyInputIsSurvived,
  mutatedBytes,
  mutatedJson,
  mutatedText,
  pick,
} from "../support/fuzz.ts";
import { surface } from "../unit/http/harness.ts";

const trade = {
  ...{ symbol: "A", id: "7", time: 1_000, price: 7, volume: 2 },
  ...{ conditions: "1,12", received: 1_040 },
};
const candle = {
  ...{ start: 0, end: 15_000, open: 1, high: 1, low: 1, close: 1, volume: 2, vwap: 1 },
  ...{ count: 1, price_volume_multiply: 2, final: true },
};
const good = { symbol: "GOOD", partition: 1, price: 7, time: 1_000, volume: 2, count: 3 };

const events: readonly (readonly [name: string, body: unknown])[] = [
  ["health", { now: 0, tasks: [{ partition: 1, state: "running", last_commit: 0 }] }],
  ["symbols", { symbols: [{ ...good, symbol: "A" }], latest: 1_000 }],
  ["trades", { trades: [trade] }],
  ["candles", { candles: [{ ...candle, symbol: "A", resolution: "1m" }] }],
  ["listing", { partitions: { 0: ["A"], 3: ["B"] }, version: "7" }],
];
const goodEvents = encodeText(eventText(["symbols", { symbols: [good], latest: 1_000 }]));
const looks: readonly Look[] = ["A", "B"].map((symbol) => ({
  symbols: new Set([symbol]),
  rows: new Set([symbol]),
}));
/** More than a follower waits before it asks again, ms. */
const retriedMs = 2_000;

function eventText([name, body]: readonly [string, unknown]): string {
  return `event: ${name}\ndata: ${JSON.stringify(body)}\n\n`;
}

everyInputIsSurvived<Uint8Array>({
  name: "stream of another instance",
  together: 500,
  draw: drawEvents,
  take: takeStreams,
  show: (bytes) => Buffer.from(bytes).toString("latin1"),
});

/** An instance that was heard, then some of its events, of which one says something else. */
function drawEvents(random: Random): Uint8Array {
  const said = [events[0], pick(events, random), pick(events, random)] as typeof events;
  const strange = below(said.length, random);
  const texts = said.map(([name, body], at) =>
    eventText([name, at === strange ? mutatedJson(body, random) : body])
  );
  const bytes = encodeText(texts.join(""));
  return random.next() < 0.3 ? mutatedBytes(bytes, random) : bytes;
}

async function takeStreams(inputs: readonly Uint8Array[]): Promise<void> {
  const clock = new SimulatedClock();
  let told: Uint8Array<ArrayBufferLike> = goodEvents;
  let [isHeard, asked] = [false, 0];
  const open: WritableStreamDefaultWriter<Uint8Array>[] = [];
  const follower = new PeerStream("http://b:8080", looks[0] as Look, {
    ask: () => {
      const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array>();
      const writer = writable.getWriter();
      writer.write(new Uint8Array(told)).catch(() => {});
      open.push(writer);
      asked++;
      return Promise.resolve(new Response(readable as ReadableStream<Uint8Array<ArrayBuffer>>));
    },
    clock,
    eventCharsMax: () => 5_000,
    onUpdate: ({ symbols }) => isHeard ||= symbols.some(({ symbol }) => symbol === good.symbol),
    onTurn() {},
  });
  /** Answers the next connection so, and ends it after readers have looked at something else. */
  const say = async (bytes: Uint8Array, look: Look) => {
    told = bytes;
    for (const before = asked; asked === before;) await clock.advance(retriedMs);
    follower.look(look);
    await settle();
    for (const writer of open.splice(0)) await writer.close().catch(() => {});
    await settle();
  };
  for (const [index, bytes] of inputs.entries()) {
    await say(bytes, looks[index % 2] as Look);
    isHeard = false;
    await say(goodEvents, looks[0] as Look);
    assert.ok(isHeard, "the good event behind it is heard");
  }
  await follower.stop();
}

const page = { symbol: "AAPL", resolution: "15s", candles: [candle], parts: [], next: null };
const listed = { symbols: [{ ...good, time: 1_000 }], partitions: [1] };
const asks: readonly (readonly [path: string, answer: unknown])[] = [
  ["/api/candles?symbol=AAPL&limit=5", { ...page, parts: [{ from: "state", count: 1 }] }],
  ["/api/candles?symbol=AAPL&limit=1", { ...page, next: "/api/candles?symbol=AAPL&to=15000" }],
  ["/api/symbols", listed],
];

/** A path, and what the other instance answers to it. */
type Answered = readonly [path: string, answer: string];

everyInputIsSurvived<Answered>({
  name: "answers of another instance",
  together: 1_000,
  draw: drawAnswer,
  take: takeAnswers,
  show: (answered) => JSON.stringify(answered),
});

function drawAnswer(random: Random): Answered {
  const [path, answer] = pick(asks, random);
  const text = JSON.stringify(mutatedJson(answer, random));
  return [path, random.next() < 0.2 ? mutatedText(text, random) : text];
}

async function takeAnswers(inputs: readonly Answered[]): Promise<void> {
  let told = "";
  const { ask, view } = surface({
    seconds: 3,
    queries: { ...defaultQueryLimits, burst: Infinity },
    askPeer: () => Promise.resolve(new Response(told)),
  });
  view.owners.set("AAPL", "http://b:8080");
  view.layout = { own: [0], others: new Map([[1, "http://b:8080"]]) };
  const answerTo = async (path: string) => {
    const response = await ask(path);
    assert.equal(response.status, 200);
    return await response.json();
  };
  for (const [path, answer] of inputs) {
    told = answer;
    await answerTo(path);
    told = JSON.stringify(listed);
    const { symbols, missing_partitions: missing } = await answerTo("/api/symbols");
    assert.deepEqual(missing, [], "the good answer behind it is heard");
    assert.ok(symbols.some(({ symbol }: { readonly symbol: string }) => symbol === good.symbol));
  }
}

const access = new PeerAccess({
  application: "app",
  token: new Secret("0123456789abcdef0123456789abcdef"),
  hosts: ["b", ".example"],
  ask: () => Promise.reject(new TypeError("refused")),
  clock: new SimulatedClock(),
});
const vouched = access.vouchFor({ address: "http://b:8080", peer: "https://c.example", run: "r1" });

everyInputIsSurvived<Addresses>({
  name: "addresses that members advertise",
  together: 1_000,
  draw(random) {
    const name = pick(["address", "peer", "run", "proof"] as const, random);
    return { ...vouched, [name]: mutatedText(vouched[name] ?? "", random) };
  },
  take(inputs) {
    for (const addresses of inputs) {
      const isVouched = Object.entries(vouched).every(([name, value]) =>
        addresses[name as keyof Addresses] === value
      );
      assert.equal(access.peerOf(addresses), isVouched ? vouched.peer : undefined);
      assert.equal(access.peerOf(vouched), vouched.peer);
    }
  },
  show: (addresses) => JSON.stringify(addresses),
});

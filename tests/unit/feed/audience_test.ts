import assert from "node:assert/strict";
import { Audience, type Listener } from "../../../src/feed/audience.ts";
import { Subscriber } from "../../../src/feed/subscriber.ts";
import { entry, frameOf, tradeText } from "../../support/frames.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";

class FakeSocket {
  readyState = 1;
  bufferedAmount = 0;
  readonly texts: string[] = [];

  send(text: string): void {
    this.texts.push(text);
  }

  close(): void {
    this.readyState = 2;
  }
}

function setUp({ stuckMsMax = 60 } = {}) {
  const clock = new SimulatedClock();
  const stuck: Listener[] = [];
  const audience = new Audience({
    clock,
    settleMs: 500,
    stuckMsMax,
    onStuck: (listener) => stuck.push(listener),
  });
  return { clock, audience, stuck };
}

function listenerTo(...symbols: string[]): { socket: FakeSocket; subscriber: Subscriber } {
  const subscriber = new Subscriber({ symbolLimit: 50 });
  for (const symbol of symbols) subscriber.receive(JSON.stringify({ type: "subscribe", symbol }));
  return { socket: new FakeSocket(), subscriber };
}

const never = new AbortController().signal;

Deno.test("Audience.settled() waits for a subscription and then for quiet", async () => {
  const { clock, audience } = setUp();
  const results: boolean[] = [];
  const settled = audience.settled(never).then((result) => results.push(result));
  await clock.advance(10_000);
  const listener = listenerTo("A");
  audience.add(listener);
  audience.noteChange();
  await clock.advance(400);
  audience.noteChange();
  await clock.advance(400);
  assert.deepEqual(results, []);
  await clock.advance(100);
  await settled;
  assert.deepEqual(results, [true]);
});

Deno.test("Audience.settled() ends with the signal", async () => {
  const { audience } = setUp();
  const stop = new AbortController();
  const settled = audience.settled(stop.signal);
  stop.abort();
  audience.noteChange();
  assert(!await settled);
});

Deno.test("Audience.send() gives all subscribers their part and counts it", async () => {
  const { audience } = setUp();
  const [both, one, none, gone] = [
    listenerTo("A", "B"),
    listenerTo("B"),
    listenerTo(),
    listenerTo("A"),
  ] as const;
  for (const listener of [both, one, none, gone]) audience.add(listener);
  audience.remove(gone);
  const text = tradeText(entry({ s: "A" }), entry({ s: "B" }));
  await audience.send(frameOf(text), never);
  assert.deepEqual(both.socket.texts, [text]);
  assert.deepEqual(one.socket.texts, [tradeText(entry({ s: "B" }))]);
  assert.deepEqual([none.socket.texts, gone.socket.texts], [[], []]);
  assert.deepEqual(audience.sent, { frames: 2, trades: 3 });
});

Deno.test("Audience.send() waits while a listener's network is behind", async () => {
  const { clock, audience, stuck } = setUp();
  const listener = listenerTo("A");
  audience.add(listener);
  listener.socket.bufferedAmount = 2_000_000;
  const results: string[] = [];
  const sent = audience.send(frameOf(tradeText(entry({ s: "A" }))), never).then(() =>
    results.push("sent")
  );
  for (let backlog = 1_900_000; backlog > 600_000; backlog -= 100_000) {
    await clock.advance(50);
    listener.socket.bufferedAmount = backlog;
    assert.deepEqual(results, []);
  }
  listener.socket.bufferedAmount = 500_000;
  await clock.advance(5);
  await sent;
  assert.deepEqual(stuck, []);
});

Deno.test("Audience.send() lets a listener go that takes nothing", async () => {
  const { clock, audience, stuck } = setUp({ stuckMsMax: 100 });
  const listener = listenerTo("A");
  audience.add(listener);
  listener.socket.bufferedAmount = 2_000_000;
  const sent = audience.send(frameOf(tradeText(entry({ s: "A" }))), never);
  await clock.advance(100);
  await sent;
  assert.deepEqual(stuck, [listener]);
  assert(!audience.isListening);
});

Deno.test("Audience.sendToAll() reaches those without subscriptions too", async () => {
  const { audience } = setUp();
  const listeners = [listenerTo(), listenerTo("A")];
  for (const listener of listeners) audience.add(listener);
  audience.sendToAll("ping");
  await settle();
  assert.deepEqual(listeners.map(({ socket }) => socket.texts), [["ping"], ["ping"]]);
});

import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { Secret } from "../../../src/base/secret.ts";
import { FinnhubClient } from "../../../src/feed/finnhub_client.ts";
import type { FinnhubClientOptions } from "../../../src/feed/finnhub_settings.ts";
import type { Frame } from "../../../src/feed/frame.ts";
import type { SocketEnd } from "../../../src/feed/socket.ts";
import { FakeSockets } from "../../support/fake_sockets.ts";
import { entry, tradeText } from "../../support/frames.ts";
import { LogLines } from "../../support/log_lines.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";

const lost: SocketEnd = { kind: "closed", code: 1006, problem: "" };

/** A client whose frames are collected, with its server and clock in the test's hands. */
class Bench implements AsyncDisposable {
  readonly clock = new SimulatedClock();
  readonly sockets = new FakeSockets();
  readonly log = new LogLines();
  readonly frames: Frame[] = [];
  readonly stop = new AbortController();
  readonly done: Promise<unknown>;

  constructor(options: Partial<FinnhubClientOptions> = {}) {
    const client = new FinnhubClient({
      apiUrl: "ws://feed.test?token=",
      key: new Secret("s3cret"),
      symbols: ["AAPL", "MSFT"],
      producerId: "finnhub-1",
      openSocket: this.sockets.open,
      clock: this.clock,
      random: { next: () => 0.5 },
      logger: this.log,
      ...options,
    });
    this.done = this.#collect(client).catch((error: unknown) => error);
  }

  async #collect(client: FinnhubClient): Promise<void> {
    for await (const frame of client.frames(this.stop.signal)) this.frames.push(frame);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.clock.advance(2_000);
    await this.done;
    assert.doesNotMatch(JSON.stringify(this.log.lines), /s3cret/);
  }

  async connect(): Promise<void> {
    await settle();
    this.sockets.last.listener.opened();
  }

  async receive(...texts: string[]): Promise<void> {
    for (const text of texts) this.sockets.last.listener.received({ text });
    await settle();
  }
}

Deno.test("FinnhubClient subscribes its symbols once connected", async () => {
  await using bench = new Bench();
  await settle();
  assert.equal(bench.sockets.last.url, "ws://feed.test?token=s3cret");
  assert.deepEqual(bench.sockets.last.sent, []);
  await bench.connect();
  assert.deepEqual(bench.sockets.last.sent, [
    `{"type":"subscribe","symbol":"AAPL"}`,
    `{"type":"subscribe","symbol":"MSFT"}`,
  ]);
});

Deno.test("FinnhubClient yields every message with number and time of arrival", async () => {
  await using bench = new Bench();
  await bench.connect();
  await bench.receive("a");
  await bench.clock.advance(70);
  await bench.receive("b", "c");
  const startMs = 1_700_000_000_000;
  assert.deepEqual(bench.frames, [
    { text: "a", receivedAtMs: startMs, sequence: 1 },
    { text: "b", receivedAtMs: startMs + 70, sequence: 2 },
    { text: "c", receivedAtMs: startMs + 70, sequence: 3 },
  ]);
});

Deno.test("FinnhubClient connects again, subscribes again and continues counting", async () => {
  await using bench = new Bench();
  await bench.connect();
  await bench.receive("a");
  bench.sockets.last.end(lost);
  await bench.clock.advance(499);
  assert.equal(bench.sockets.all.length, 1);
  await bench.clock.advance(1);
  assert.equal(bench.sockets.all.length, 2);
  await bench.connect();
  await bench.receive("b");
  assert.equal(bench.sockets.last.sent.length, 2);
  assert.deepEqual(bench.frames.map(({ sequence }) => sequence), [1, 2]);
});

Deno.test("FinnhubClient waits longer after each brief connection, and resets after a stable one", async () => {
  await using bench = new Bench();
  const waits: number[] = [];
  for (const openMs of [0, 100, 59_000, 60_000]) {
    await bench.connect();
    await bench.receive("x");
    await bench.clock.advance(openMs);
    bench.sockets.last.end(lost);
    await settle();
    waits.push(bench.clock.nextWakeMs);
    await bench.clock.advance(waits.at(-1) ?? 0);
  }
  assert.deepEqual(waits, [500, 1_000, 2_000, 500]);
});

Deno.test("FinnhubClient stops with FEED_REFUSED when the key is refused", async () => {
  await using bench = new Bench();
  await settle();
  bench.sockets.last.end({ kind: "refused", status: 401, retryAfterMs: 0 });
  const error = await bench.done;
  assert(error instanceof PipelineError && error.code === "FEED_REFUSED");
});

Deno.test("FinnhubClient waits at least a minute after HTTP 429", async () => {
  await using bench = new Bench();
  await settle();
  bench.sockets.last.end({ kind: "refused", status: 429, retryAfterMs: 0 });
  await bench.clock.advance(59_999);
  assert.equal(bench.sockets.all.length, 1);
  await bench.clock.advance(501);
  assert.equal(bench.sockets.all.length, 2);
});

Deno.test("FinnhubClient ends a silent connection and an endless handshake", async () => {
  await using bench = new Bench();
  await bench.connect();
  await bench.clock.advance(100_000);
  await bench.receive(`{"type":"ping"}`);
  await bench.clock.advance(149_999);
  assert.equal(bench.sockets.last.endedBy, undefined);
  await bench.clock.advance(1);
  assert.equal(bench.sockets.last.endedBy, "terminate");
  assert.match(bench.log.complaints.at(-1)?.message ?? "", /nothing was heard for 150 s/);
  await bench.clock.advance(500);
  assert.equal(bench.sockets.all.length, 2);
  await bench.clock.advance(150_000);
  assert.equal(bench.sockets.all[1]?.endedBy, "terminate");
});

Deno.test("FinnhubClient ends a connection that floods it with pings, and no other", async () => {
  await using bench = new Bench();
  await bench.connect();
  const ping = (count: number) => {
    for (let i = 0; i < count; i++) bench.sockets.last.listener.controlled();
    return bench.clock.advance(1_000);
  };
  for (let second = 0; second < 10; second++) await ping(100);
  assert.equal(bench.sockets.last.endedBy, undefined);
  await ping(101);
  assert.equal(bench.sockets.all[0]?.endedBy, "terminate");
  assert.match(bench.log.complaints.at(-1)?.message ?? "", /more than a hundred pings/);
});

Deno.test("FinnhubClient logs every message where it is asked to, and none otherwise", async () => {
  for (const trace of [true, false]) {
    await using bench = new Bench({ trace });
    await bench.connect();
    await bench.receive(`{"type":"ping"}`);
    const traced = bench.log.lines.filter(({ message }) => message === "Received");
    const fields = traced.map((line) => line.fields);
    assert.deepEqual(fields, trace ? [{ text: `{"type":"ping"}` }] : []);
  }
});

Deno.test("FinnhubClient names refused symbols once and asks again after ten minutes", async () => {
  await using bench = new Bench({ silenceMs: 1e9 });
  await bench.connect();
  const refusal = `{"msg":"Invalid symbol MSFT","type":"error"}`;
  await bench.receive(refusal, refusal, tradeText(entry()));
  assert.equal(bench.log.complaints.length, 1);
  await bench.clock.advance(600_000);
  assert.deepEqual(bench.sockets.last.sent.slice(2), [`{"type":"subscribe","symbol":"MSFT"}`]);
  assert.equal(bench.frames.length, 3);
});

Deno.test("FinnhubClient yields what arrived before a shutdown and says goodbye", async () => {
  await using bench = new Bench();
  await bench.connect();
  for (const text of ["a", "b"]) bench.sockets.last.listener.received({ text });
  bench.stop.abort();
  assert.equal(await bench.done, undefined);
  assert.deepEqual(bench.frames.map(({ text }) => text), ["a", "b"]);
  assert.equal(bench.sockets.last.endedBy, "close");
});

Deno.test("FinnhubClient stops while it waits to connect again", async () => {
  await using bench = new Bench();
  await settle();
  bench.sockets.last.end({ kind: "unreachable", problem: "connect ECONNREFUSED" });
  await settle();
  bench.stop.abort();
  assert.equal(await bench.done, undefined);
});

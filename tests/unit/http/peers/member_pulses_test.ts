import assert from "node:assert/strict";
import type { Clock } from "../../../../src/base/clock.ts";
import { MemberPulses } from "../../../../src/http/peers/member_pulses.ts";
import { Pulse } from "../../../../src/http/peers/pulse.ts";
import type { Ask } from "../../../../src/http/within.ts";
import { settle, SimulatedClock } from "../../../../src/streams/testing/simulated_clock.ts";

const address = "http://other:8080";

/** A process that is watched, and the way to it. */
class Other {
  readonly clock = new SimulatedClock();
  /** Its own clock, which stands still while it is frozen. */
  readonly itsClock = new SimulatedClock();
  frozen = false;
  pulse = new Pulse("run-1", this.itsClock);
  readonly #stop = new AbortController();
  readonly dead: string[] = [];
  readonly watch: MemberPulses;
  /** What a new connection meets. */
  way: "open" | "refuses" | "hangs" | "is another's" = "open";
  connections = 0;
  /** How much later than it should the watcher wakes up, as its machine sleeps. */
  oversleepsMs = 0;
  #cut = new AbortController();

  constructor() {
    const ask: Ask = (url, signal) => this.#answer(url, signal);
    const sleep: Clock["sleep"] = (ms, signal) => this.clock.sleep(ms + this.oversleepsMs, signal);
    const clock = {
      nowMs: () => this.clock.nowMs(),
      monotonicMs: () => this.clock.monotonicMs(),
      sleep,
    };
    this.watch = new MemberPulses({ peers: { ask, peerOf: ({ address } = {}) => address }, clock });
  }

  start({ run = this.pulse.run }: { readonly run?: string } = {}): void {
    void this.pulse.beat(this.#stop.signal);
    this.watch.follow(
      new Map([["m2", { address, run }], ["m3", { address: "http://silent:1" }]]),
      (memberId) => this.dead.push(memberId),
    );
  }

  /** Ends every connection, as the end of the process does. */
  cut(): void {
    this.#cut.abort(new TypeError("connection reset"));
    this.#cut = new AbortController();
  }

  /** Ends the program in order. */
  async end(): Promise<void> {
    this.#stop.abort();
    await settle();
  }

  async passes(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      await this.clock.advance(50);
      if (!this.frozen) await this.itsClock.advance(50);
      await turns();
    }
  }

  async stop(): Promise<void> {
    this.watch.follow(new Map(), () => {});
    await this.end();
    await turns();
  }

  #answer(url: string, signal: AbortSignal): Promise<Response> {
    assert.equal(url, `${address}/api/pulse`);
    this.connections++;
    if (this.way === "refuses") return Promise.reject(new TypeError("refused"));
    if (this.way === "is another's") return Promise.resolve(new Response("no", { status: 404 }));
    if (this.way === "hangs") {
      const { promise, reject } = Promise.withResolvers<Response>();
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      return promise;
    }
    const ended = AbortSignal.any([signal, this.#cut.signal]);
    const through = new TransformStream<Uint8Array, Uint8Array>();
    this.pulse.connect("192.0.2.1")?.pipeTo(through.writable, { signal: ended }).catch(() => {});
    return Promise.resolve(new Response(through.readable));
  }
}

/** Streams pass on what they hold in turns of the event loop. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

async function heard(other = new Other()): Promise<Other> {
  other.start();
  await other.passes(1_000);
  assert.equal(other.connections, 1);
  return other;
}

Deno.test("MemberPulses takes a process for dead within moments when nothing listens any more", async () => {
  const other = await heard();
  other.way = "refuses";
  other.cut();
  await other.passes(150);
  assert.deepEqual(other.dead, ["m2"]);
  await other.passes(5_000);
  assert.deepEqual(other.dead, ["m2"], "told once");
  await other.stop();
});

Deno.test("MemberPulses takes a process for dead whose address answers for another run", async () => {
  const other = await heard();
  other.pulse = new Pulse("run-2", other.itsClock);
  other.cut();
  await other.passes(150);
  assert.deepEqual(other.dead, ["m2"]);
  await other.stop();
});

Deno.test("MemberPulses connects again where the process lives", async () => {
  const other = await heard();
  for (let times = 0; times < 5; times++) {
    other.cut();
    await other.passes(1_000);
  }
  assert.equal(other.connections, 6);
  assert.deepEqual(other.dead, []);
  await other.stop();
});

Deno.test("MemberPulses takes a process for dead that is silent for 3 s, not for 2", async () => {
  const other = await heard();
  other.frozen = true;
  await other.passes(2_000);
  other.frozen = false;
  await other.passes(1_000);
  assert.deepEqual(other.dead, []);
  other.frozen = true;
  await other.passes(3_200);
  assert.deepEqual(other.dead, ["m2"]);
  assert.equal(other.connections, 1);
  await other.stop();
});

Deno.test("MemberPulses does not take others for dead because it slept itself", async () => {
  const other = await heard();
  other.oversleepsMs = 60_000;
  await other.passes(200);
  await other.clock.advance(60_000);
  other.oversleepsMs = 0;
  await other.passes(1_000);
  assert.deepEqual(other.dead, []);
  await other.stop();
});

Deno.test("MemberPulses leaves a process that ends in order to the group", async () => {
  const other = await heard();
  await other.end();
  other.way = "refuses";
  await turns();
  other.cut();
  await other.passes(5_000);
  assert.deepEqual(other.dead, []);
  assert.equal(other.connections, 1);
  await other.stop();
});

for (const way of ["refuses", "hangs", "is another's"] as const) {
  Deno.test(`MemberPulses leaves a process to the group that it has never heard: the way ${way}`, async () => {
    const other = new Other();
    other.way = way;
    other.start();
    await other.passes(6_000);
    assert.deepEqual(other.dead, []);
    assert.ok(other.connections >= 2);
    await other.stop();
  });
}

Deno.test("MemberPulses leaves a process to the group whose address answers for another from the start", async () => {
  const other = new Other();
  other.start({ run: "run-0" });
  await other.passes(5_000);
  assert.deepEqual(other.dead, []);
  await other.stop();
});

Deno.test("MemberPulses stops following who is no member any more", async () => {
  const other = await heard();
  other.watch.follow(new Map(), (memberId) => other.dead.push(memberId));
  other.way = "refuses";
  other.cut();
  await other.passes(5_000);
  assert.deepEqual(other.dead, []);
  assert.equal(other.connections, 1);
  await other.stop();
});

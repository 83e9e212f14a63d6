import assert from "node:assert/strict";
import { resolutionName, summaryWindowMs } from "../../../src/market/tables.ts";
import { surface } from "./harness.ts";

interface StreamEvent {
  readonly name: string;
  // deno-lint-ignore no-explicit-any
  readonly data: any;
}

function parseEvents(text: string): StreamEvent[] {
  return text.split("\n\n").filter((block) => block !== "" && !block.startsWith(":")).map(
    (block) => {
      const [, name = "", data = ""] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      return { name, data: JSON.parse(data) };
    },
  );
}

async function readEvents(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<StreamEvent[]> {
  const { value } = await reader.read();
  return parseEvents(new TextDecoder().decode(value));
}

async function follow(
  ask: (path: string) => Promise<Response>,
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const response = await ask("/api/stream");
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert(response.body);
  return response.body.getReader();
}

Deno.test("/api/stream begins with the state and all symbols", async () => {
  const { view, ask } = surface();
  const reader = await follow(ask);
  const events = await readEvents(reader);
  assert.deepEqual(events.map(({ name }) => name), ["health", "symbols"]);
  assert.equal(events[0]?.data.feed, "simulated");
  assert.deepEqual(events[1]?.data, { symbols: view.symbols() });
  await reader.cancel();
});

Deno.test("/api/stream tells every commit: windows, trades, symbols", async () => {
  const { view, ask } = surface();
  const reader = await follow(ask);
  await readEvents(reader);
  const update = view.commit();
  const [candles, trades, symbols] = await readEvents(reader);
  assert.equal(candles?.name, "candles");
  assert.equal(candles?.data.candles.length, update.windows.length);
  const [window] = update.windows;
  const { symbol, resolution, start, close } = candles?.data.candles[0];
  assert.deepEqual({ symbol, resolution, start, close }, {
    symbol: window?.symbol,
    resolution: resolutionName(summaryWindowMs),
    start: window?.startMs,
    close: window?.close,
  });
  assert.equal(trades?.data.trades[0].symbol, update.trades[0]?.symbol);
  assert.deepEqual(symbols?.data, { symbols: update.symbols });
  await reader.cancel();
});

Deno.test("/api/stream tells the state again and again until stopped", async () => {
  const { view, context, ask } = surface();
  const stop = new AbortController();
  const running = context.events.run(stop.signal);
  const reader = await follow(ask);
  await readEvents(reader);
  view.readiness = { ready: false, problems: ["sink does not answer"] };
  context.clock.step();
  const [health] = await readEvents(reader);
  assert.equal(health?.name, "health");
  assert.deepEqual(health?.data.problems, ["sink does not answer"]);
  stop.abort();
  await running;
  await reader.cancel();
});

Deno.test("/api/stream subscribes to the view only while somebody listens", async () => {
  const { view, context, ask } = surface();
  assert.equal(view.listenerCount, 0);
  const readers = [await follow(ask), await follow(ask)];
  assert.equal(view.listenerCount, 1);
  for (const reader of readers) await reader.cancel();
  assert.equal(view.listenerCount, 0);
  assert.equal(context.events.clientCount, 0);
});

Deno.test("/api/stream cuts off a client that does not read, and only that one", async () => {
  const { view, context, ask } = surface({ limits: { clientsMax: 8, queueBytesMax: 4_096 } });
  const slow = await follow(ask);
  const quick = await follow(ask);
  for (let i = 0; i < 40 && context.events.clientCount === 2; i++) {
    await readEvents(quick);
    view.commit();
  }
  assert.equal(context.events.clientCount, 1);
  assert((await slow.read()).done);
  assert((await readEvents(quick)).length > 0);
  await quick.cancel();
});

Deno.test("/api/stream answers 503 when no more clients are allowed", async () => {
  const { ask } = surface({ limits: { clientsMax: 1, queueBytesMax: 4_096 } });
  const reader = await follow(ask);
  const refused = await ask("/api/stream");
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "10");
  await refused.body?.cancel();
  await reader.cancel();
});

Deno.test("HEAD /api/stream answers the headers and occupies no place", async () => {
  const { context, ask } = surface();
  const response = await ask("/api/stream", { method: "HEAD" });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(context.events.clientCount, 0);
});

Deno.test("EventHub.close() ends every stream and takes no more clients", async () => {
  const { context, ask } = surface();
  const reader = await follow(ask);
  context.events.close();
  assert((await reader.read()).done);
  assert.equal(context.events.connect(), undefined);
});

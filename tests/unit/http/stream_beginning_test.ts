/** How a reader of the live stream begins where symbols are many. */
import assert from "node:assert/strict";
import { surface } from "./harness.ts";
import { beginning, follow, nothing } from "./stream_harness.ts";

// A hundred thousand symbols kept the event loop for a second as the first reader came.
Deno.test("/api/stream leaves the event loop to others while it learns all symbols", async () => {
  const prices = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`S${i}`, 100]));
  const { view, ask, context: { clock, events } } = surface({ prices, seconds: 5 });
  const all = view.symbols();
  view.eachSymbol = function* () {
    for (const summary of all) {
      if (summary === all[100]) clock.step(); // time for a pause
      yield summary;
    }
  };
  const [first, second] = [follow(ask, "?row=S0"), follow(ask, "?row=S1")];
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(events.clientCount, 0);
  const symbols = view.commit().symbols;
  clock.step();
  for (const [reader, symbol] of [[await first, "S0"], [await second, "S1"]] as const) {
    const [, row, listing] = await beginning(reader);
    assert.deepEqual(row?.data.symbols[0], symbols.find((one) => one.symbol === symbol));
    assert.equal(listing?.data.total, all.length);
    await reader.cancel();
  }
});

Deno.test("/api/stream does not keep the place of one that made place while it waited", async () => {
  const { view, context: { clock, events } } = surface({ places: { total: 2, perAddress: 2 } });
  const all = view.symbols();
  view.eachSymbol = function* () {
    for (let i = 0; i < 100; i++) {
      if (i === 0) clock.step();
      yield* all;
    }
  };
  const connect = (address: string) => events.connect(nothing, { scope: "all", address });
  const waiting = [connect("192.0.2.1"), connect("192.0.2.1"), connect("192.0.2.2")];
  await new Promise((resolve) => setTimeout(resolve));
  clock.step();
  const readers = (await Promise.all(waiting)).map((stream) => stream?.getReader());
  assert.ok((await readers[0]?.read())?.done);
  assert.equal(events.clientCount, 2);
  for (const reader of readers) await reader?.cancel();
  assert.equal(view.listenerCount, 0);
});

import assert from "node:assert/strict";
import { sinkContract } from "../../contract/sink.ts";
import { tradeRowWith } from "../../support/market_rows.ts";
import { MemorySink } from "../../support/memory_sink.ts";

sinkContract("MemorySink", (settings) => {
  const sink = new MemorySink(settings);
  return Promise.resolve({ sink, reader: sink, [Symbol.asyncDispose]: () => Promise.resolve() });
});

Deno.test("MemorySink.beforeWrite() fails a write as a whole", async () => {
  const sink = new MemorySink();
  sink.beforeWrite = () => {
    throw new Error("down");
  };
  await assert.rejects(sink.write([tradeRowWith()]), /down/);
  assert.deepEqual([sink.rows, sink.writes], [[], 0]);
});

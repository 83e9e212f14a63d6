import assert from "node:assert/strict";
import { murmur2, partitionForKey } from "../../../src/streams/partitioner.ts";
import { encodeText } from "../../../src/streams/text.ts";

// The vectors of Kafka's own UtilsTest#testMurmur2.
Deno.test.each([
  { text: "21", hash: -973932308 },
  { text: "foobar", hash: -790332482 },
  { text: "a-little-bit-long-string", hash: -985981536 },
  { text: "a-little-bit-longer-string", hash: -1486304829 },
  { text: "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", hash: -58897971 },
  { text: "abc", hash: 479470107 },
])("murmur2() of $text is $hash", ({ text, hash }) => {
  assert.equal(murmur2(encodeText(text)), hash);
});

Deno.test("partitionForKey() gives a partition of the topic", () => {
  for (const symbol of ["AAPL", "BINANCE:BTCUSDT", "", "IC MARKETS:1"]) {
    const partition = partitionForKey(encodeText(symbol), 4);
    assert.ok(partition >= 0 && partition < 4);
  }
});

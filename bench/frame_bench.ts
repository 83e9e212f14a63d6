/** How fast frames become records, and how fast a simulated market makes them. */
import { seededRandom } from "../src/base/random.ts";
import { parseFrame } from "../src/feed/parse_frame.ts";
import { SharedFrame } from "../src/feed/shared_frame.ts";
import { SimulatedMarket } from "../src/feed/simulated_market.ts";
import { simulatedSymbol } from "../src/feed/simulated_symbol.ts";
import { frameToRecords } from "../src/ingest/frame_records.ts";

const frameCount = 1_000;
const symbols = ["BINANCE:BTCUSDT", "AAPL", "MSFT", "SPY"].map((name) => simulatedSymbol(name));

function makeFrames(): string[] {
  const market = new SimulatedMarket(symbols, seededRandom(1));
  return Array.from({ length: frameCount }, (_, i) => market.nextFrame(1.7e12 + i * 100).text);
}

const texts = makeFrames();
const empty = new Uint8Array(64);
const terms = {
  topic: "trade1",
  producerId: "bench",
  codec: { encode: () => empty, prepare: () => Promise.resolve(), decode: () => [] },
};

Deno.bench("JSON.parse alone, 1,000 frames", { group: "parse", baseline: true }, () => {
  for (const text of texts) JSON.parse(text);
});

Deno.bench("parseFrame(), 1,000 frames", { group: "parse" }, () => {
  for (const text of texts) parseFrame(text);
});

Deno.bench(
  "parseFrame() and frameToRecords() without Avro, 1,000 frames",
  { group: "parse" },
  () => {
    for (const [index, text] of texts.entries()) {
      frameToRecords({ text, receivedAtMs: 0, sequence: index + 1 }, parseFrame(text), terms);
    }
  },
);

Deno.bench("SharedFrame cut to one symbol, 1,000 frames", { group: "parse" }, () => {
  const subscribed = new Set(["AAPL"]);
  for (const text of texts) new SharedFrame(text).shareOf(subscribed);
});

Deno.bench("SimulatedMarket, 1,000 frames", { group: "simulate" }, () => {
  makeFrames();
});

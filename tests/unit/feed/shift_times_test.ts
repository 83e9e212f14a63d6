import assert from "node:assert/strict";
import { shiftTimes } from "../../../src/feed/shift_times.ts";
import { entry, tradeText } from "../../support/frames.ts";

Deno.test("shiftTimes() moves every trade and nothing else", () => {
  const text = tradeText(entry({ t: 1_000, s: `"t":1` }), entry({ t: 900, v: 1e-7 }));
  const want = tradeText(entry({ t: 6_000, s: `"t":1` }), entry({ t: 5_900, v: 1e-7 }));
  assert.equal(shiftTimes(text, 5_000), want);
});

Deno.test("shiftTimes() can move back", () => {
  assert.equal(shiftTimes(tradeText(entry({ t: 10 })), -4), tradeText(entry({ t: 6 })));
});

Deno.test.each([`{ "type":"ping" }`, "{", "null", `{"data":7}`, `[1]`])(
  "shiftTimes() leaves %s alone",
  (text) => assert.equal(shiftTimes(text, 5), text),
);

Deno.test("shiftTimes() leaves entries without a time alone", () => {
  const text = tradeText(null, 7, entry({ t: "soon" }));
  assert.equal(shiftTimes(text, 5), text);
});

import assert from "node:assert/strict";
import { SharedFrame } from "../../../src/feed/shared_frame.ts";
import { entry, tradeText } from "../../support/frames.ts";

const text = tradeText(entry({ s: "A", p: 1 }), entry({ s: "B", p: 2 }), entry({ s: "A", p: 3 }));

Deno.test("SharedFrame gives the text itself to who wants all of it", () => {
  const spaced = text.replace("{", "{ ");
  const share = new SharedFrame(spaced).shareOf(new Set(["A", "B", "C"]));
  assert.deepEqual(share, { text: spaced, tradeCount: 3 });
});

Deno.test("SharedFrame cuts what was not subscribed and keeps the order", () => {
  const share = new SharedFrame(text).shareOf(new Set(["A"]));
  const cut = tradeText(entry({ s: "A", p: 1 }), entry({ s: "A", p: 3 }));
  assert.deepEqual(share, { text: cut, tradeCount: 2 });
});

Deno.test("SharedFrame gives nothing where nothing is left", () => {
  assert.equal(new SharedFrame(text).shareOf(new Set(["C"])), undefined);
});

Deno.test.each([`{"type":"ping"}`, `{"msg":"no","type":"error"}`, "{", "null", tradeText()])(
  "SharedFrame gives %s to everybody",
  (message) => {
    const share = new SharedFrame(message).shareOf(new Set(["C"]));
    assert.deepEqual(share, { text: message, tradeCount: 0 });
  },
);

Deno.test("SharedFrame leaves entries without a symbol in", () => {
  const damaged = tradeText(null, entry({ s: 7 }), entry({ s: "A" }));
  const share = new SharedFrame(damaged).shareOf(new Set(["B"]));
  assert.equal(share?.text, tradeText(null, entry({ s: 7 })));
});

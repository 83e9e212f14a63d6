import assert from "node:assert/strict";
import { recordedFrame, recordedLine } from "../../../src/feed/recorded_frame.ts";
import { fc } from "../../support/properties.ts";

Deno.test("A recorded frame is the same when it is read again, whatever is in it", () => {
  const texts = fc.oneof(fc.string({ unit: "binary" }), fc.json());
  fc.assert(fc.property(texts, fc.nat(), (text, receivedAtMs) => {
    const line = recordedLine({ text, receivedAtMs });
    assert.ok(!/[\r\n]/.test(line));
    assert.deepEqual(recordedFrame(line), { text, receivedAtMs });
  }));
});

Deno.test("recordedFrame() takes any other line for a frame itself", () => {
  const lines = [`{"type":"ping"}`, "", "[", "[]", "[1]", `["a",1]`, `[1,"a",2]`, `[1.5,"a"]`, "x"];
  for (const line of lines) {
    assert.deepEqual(recordedFrame(line), { text: line, receivedAtMs: undefined });
  }
});

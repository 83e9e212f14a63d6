import assert from "node:assert/strict";
import { identityHeaders, identityOf } from "../../../src/streams/record_identity.ts";
import { encodeText } from "../../../src/streams/text.ts";

Deno.test.each([
  { producerId: "replay-é", sequence: 0 },
  { producerId: "6b1f", sequence: Number.MAX_SAFE_INTEGER },
])("identityOf() reads what identityHeaders() wrote: $producerId, $sequence", (identity) => {
  assert.deepEqual(identityOf(identityHeaders(identity)), identity);
});

Deno.test.each(["", "-1", "1.5", "1e3", " 1", "9007199254740993", "x"])(
  "identityOf() takes the sequence %j for damaged",
  (sequence) => {
    const headers = { "producer-id": encodeText("p"), sequence: encodeText(sequence) };
    assert.equal(identityOf(headers), undefined);
  },
);

Deno.test("identityOf() knows no producer without both headers", () => {
  assert.equal(identityOf(undefined), undefined);
  assert.equal(identityOf({ "producer-id": encodeText("p") }), undefined);
  assert.equal(
    identityOf({ "producer-id": new Uint8Array(), sequence: encodeText("1") }),
    undefined,
  );
  const endless = new Uint8Array(100_000).fill(0x41);
  assert.equal(identityOf({ "producer-id": endless, sequence: encodeText("1") }), undefined);
  assert.equal(
    identityOf({ "producer-id": Uint8Array.of(0xff), sequence: encodeText("1") }),
    undefined,
  );
});

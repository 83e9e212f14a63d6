import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { offsetBytes, offsetOf, partitionBytes, partitionOf } from "../../../src/level/log_keys.ts";
import { fc } from "../../support/properties.ts";

const offsets = fc.oneof(fc.nat(), fc.maxSafeNat());

Deno.test("offsetBytes() sort as the offsets do, and give them back", () => {
  fc.assert(fc.property(offsets, offsets, (a, b) => {
    assert.equal(Math.sign(Buffer.compare(offsetBytes(a), offsetBytes(b))), Math.sign(a - b));
    assert.equal(offsetOf(offsetBytes(a)), a);
  }));
});

Deno.test("partitionBytes() give the partition back", () => {
  fc.assert(fc.property(fc.nat(0xffff), (partition) => {
    const place = { topic: "a-topic.1", partition };
    assert.deepEqual(partitionOf(partitionBytes(place)), place);
  }));
});

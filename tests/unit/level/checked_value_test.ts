import assert from "node:assert/strict";
import { openValue, sealedChecksum, sealValue } from "../../../src/level/checked_value.ts";
import { encodeText } from "../../../src/streams/text.ts";

const key = encodeText("key");

Deno.test("openValue() gives what was sealed, and refuses it damaged, cut or under another key", () => {
  const sealed = sealValue(key, encodeText("value"));
  assert.deepEqual(openValue(key, sealed), encodeText("value"));
  for (let at = 0; at < sealed.length; at++) {
    const damaged = sealed.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 8;
    assert.throws(() => openValue(key, damaged), { code: "STORE_CORRUPT" });
    assert.throws(() => openValue(key, sealed.slice(0, at)), { code: "STORE_CORRUPT" });
  }
  assert.throws(() => openValue(encodeText("kez"), sealed), { code: "STORE_CORRUPT" });
});

Deno.test("sealedChecksum() is undefined for what is absent, or too short to carry one", () => {
  assert.equal(sealedChecksum(undefined), undefined);
  assert.equal(sealedChecksum(new Uint8Array(3)), undefined);
  assert.equal(sealedChecksum(Uint8Array.of(0, 0, 1, 2)), 0x102);
});

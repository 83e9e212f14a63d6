import assert from "node:assert/strict";
import { seededRandom } from "../../../src/base/random.ts";
import { RowChecksums } from "../../../src/level/row_checksums.ts";
import { RowDigest } from "../../../src/level/row_digest.ts";
import { RowLedger } from "../../../src/level/row_ledger.ts";
import { encodeText } from "../../../src/streams/text.ts";

function digestOf(checksums: readonly number[]): string {
  const digest = new RowDigest();
  for (const checksum of checksums) digest.add(checksum);
  return digest.sum.digest;
}

Deno.test("RowDigest depends on the set of rows, not on the way to it", () => {
  const digest = new RowDigest();
  for (const checksum of [3, 1, 4, 0xffffffff]) digest.add(checksum);
  digest.remove(4);
  digest.add(2);
  assert.equal(digest.sum.digest, digestOf([0xffffffff, 1, 2, 3]));
  assert.equal(digest.sum.rows, 4);
});

Deno.test("RowDigest does not let two rows that lack the same change cancel out", () => {
  const [a, b, change] = [0x12345678, 0x9abcdef0, 0x00ff00ff];
  assert.notEqual(digestOf([a, b]), digestOf([(a ^ change) >>> 0, (b ^ change) >>> 0]));
  assert.notEqual(digestOf([a]), digestOf([a, 0]));
});

for (const [name, slotsMax] of [["room for all rows", 2 ** 20], ["little room", 1024]] as const) {
  Deno.test(`RowLedger with ${name} sums up as a ledger that finds the same rows again`, () => {
    const random = seededRandom(3);
    const ledger = new RowLedger(new RowChecksums({ slotsMax }));
    const disk = new Map<string, number>();
    for (let batch = 0; batch < 40; batch++) {
      const written = new Map(disk);
      ledger.begin();
      for (let i = 0; i < 200; i++) {
        const key = `key-${Math.floor(random.next() * 3_000)}`;
        const checksum = random.next() < 0.2 ? undefined : Math.floor(random.next() * 2 ** 32);
        ledger.change(encodeText(key), checksum, (k) => disk.get(new TextDecoder().decode(k)));
        if (checksum === undefined) written.delete(key);
        else written.set(key, checksum);
      }
      disk.clear();
      for (const [key, checksum] of written) disk.set(key, checksum);
      ledger.settle();
    }
    const anew = new RowLedger();
    for (const [key, checksum] of disk) anew.found(encodeText(key), checksum);
    assert.deepEqual(ledger.sum, anew.sum);
  });
}

Deno.test("RowLedger with room stays sure which keys there are not, from batch to batch", () => {
  const ledger = new RowLedger();
  const stored = () => assert.fail("the disk need not be asked");
  const [a, b] = [encodeText("a"), encodeText("b")];
  for (const [key, checksum] of [[a, 1], [b, 2], [a, undefined]] as const) {
    ledger.begin();
    ledger.change(key, checksum, stored);
    ledger.settle();
    assert.equal(ledger.expect(encodeText("c")), "absent");
  }
  ledger.settle();
  assert.deepEqual([a, b].map((key) => ledger.expect(key)), ["absent", 2]);
});

Deno.test("RowLedger without room knows what two batches change until each is written", () => {
  const ledger = new RowLedger(new RowChecksums({ slotsMax: 1024 }));
  for (let i = 0; i < 2_000; i++) ledger.found(encodeText(`key-${i}`), i);
  const [a, b] = [encodeText("a"), encodeText("b")];
  const stored = () => undefined;
  ledger.begin();
  ledger.change(a, 1, stored);
  ledger.change(b, 2, stored);
  ledger.begin();
  ledger.change(b, 3, () => assert.fail("the batch before says what is stored"));
  assert.deepEqual([a, b].map((key) => ledger.expect(key)), [1, 3]);
  ledger.settle();
  assert.deepEqual([a, b].map((key) => ledger.expect(key)), ["unknown", 3]);
  ledger.settle();
  assert.deepEqual([a, b].map((key) => ledger.expect(key)), ["unknown", "unknown"]);
});

Deno.test("RowLedger expects what was written, and nothing of a key that never was", () => {
  const ledger = new RowLedger(new RowChecksums({ slotsMax: 1024 }));
  ledger.found(encodeText("a"), 5);
  assert.equal(ledger.expect(encodeText("a")), 5);
  assert.equal(ledger.expect(encodeText("b")), "absent");
  for (let i = 0; i < 2_000; i++) ledger.found(encodeText(`key-${i}`), i);
  assert.equal(ledger.expect(encodeText("b")), "unknown");
});

import assert from "node:assert/strict";
import { featuresRequest } from "../../../src/kafka/wire/features_protocol.ts";
import { WireReader } from "../../../src/kafka/wire/wire_reader.ts";
import { decodeAnswer, encodeRequest } from "../../../src/kafka/wire/wire_request.ts";
import { type WireForm, WireWriter } from "../../../src/kafka/wire/wire_writer.ts";

const topicId = "lPuTaP3-TPqPqrTGEDvtuA";
const forms: readonly WireForm[] = ["classic", "flexible"];

/** A structure with every type that differs between the forms. */
function written(form: WireForm): WireWriter {
  return new WireWriter(1, form)
    .string("text")
    .string(null)
    .string("x".repeat(300))
    .bytes(Uint8Array.of(1, 2))
    .uuid(topicId)
    .boolean(form !== undefined)
    .array([7, 8], (w, item) => w.int32(item).tags())
    .tags();
}

for (const form of forms) {
  Deno.test(`WireReader reads what WireWriter writes in the ${form} form`, () => {
    const reader = new WireReader(written(form).finish(), form);
    assert.equal(reader.string(), "text");
    assert.equal(reader.string(), null);
    assert.equal(reader.string(), "x".repeat(300));
    assert.deepEqual([...reader.bytes()], [1, 2]);
    assert.equal(reader.uuid(), topicId);
    assert.ok(reader.boolean());
    const items = reader.array((r) => {
      const item = r.int32();
      r.tags();
      return item;
    });
    assert.deepEqual(items, [7, 8]);
    reader.tags();
    assert.throws(() => reader.int8(), RangeError);
  });
}

Deno.test("encodeRequest() begins with the header's tagged fields in a flexible version", () => {
  const encoded = encodeRequest(featuresRequest, 3);
  assert.equal(encoded.subarray(0, 2).toString("hex"), "0010");
});

Deno.test("WireReader hands over tagged fields, and passes those that no one wants", () => {
  // Two fields: tag 5 with 1 byte, tag 2 with 4 bytes.
  const bytes = new WireWriter().raw(Uint8Array.of(2, 5, 1, 9, 2, 4, 0, 0, 0, 42)).finish();
  const found = new Map<number, number>();
  const reader = new WireReader(bytes, "flexible");
  reader.tags((tag, field) => found.set(tag, tag === 2 ? field.int32() : field.int8()));
  assert.deepEqual([...found], [[5, 9], [2, 42]]);
  new WireReader(bytes, "flexible").tags();
});

Deno.test("featuresRequest reads the finalized features of a broker's answer", () => {
  const body = new WireWriter(256, "flexible")
    .int16(0)
    .array([[18, 0, 4]], (w, range) => {
      for (const value of range) w.int16(value);
      w.tags();
    })
    .int32(0);
  const name = "transaction.version";
  // Count 1, name, max 2, min 2.
  const feature = new WireWriter(64, "flexible")
    .array([name], (w, text) => w.string(text).int16(2).int16(2).tags())
    .finish();
  body.raw(Uint8Array.of(1, 2, feature.length)).raw(feature);
  assert.deepEqual([...decodeAnswer(featuresRequest, 4, body.finish())], [[name, 2]]);
});

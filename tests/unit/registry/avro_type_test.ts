import assert from "node:assert/strict";
import { localType, parseSchema } from "../../../src/registry/avro_type.ts";
import { tradeSchemaText } from "../../../src/registry/schemas.ts";

Deno.test("localType() writes the bytes of the schema under other field names", () => {
  const text = '{"type":"record","name":"R","fields":[{"name":"p","type":"double"}]}';
  const local = localType(text, { p: "price" });
  assert.deepEqual(local.toBuffer({ price: 1.5 }), parseSchema(text).toBuffer({ p: 1.5 }));
  assert.deepEqual(local.fromBuffer(local.toBuffer({ price: 1.5 })), { price: 1.5 });
});

Deno.test("localType() renames fields, never records", () => {
  const local = localType(tradeSchemaText, { data: "trades", message: "nothing" });
  assert.equal(local.name, "FinnhubProducer.message");
  assert.deepEqual(local.fromBuffer(local.toBuffer({ trades: [], type: "trade" })), {
    trades: [],
    type: "trade",
  });
});

Deno.test("localType() makes plain objects, at every depth", () => {
  const local = localType(tradeSchemaText);
  const value = { data: [{ c: ["1"], p: 1, s: "A", t: 2, v: 3 }], type: "trade" };
  assert.deepEqual(local.fromBuffer(local.toBuffer(value)), value);
});

Deno.test("parseSchema() raises RECORD_MALFORMED for texts that are no Avro schema", () => {
  for (const text of ["", "{", "{}", '"unknown"', 'syntax = "proto3";']) {
    assert.throws(() => parseSchema(text), { code: "RECORD_MALFORMED" });
  }
});

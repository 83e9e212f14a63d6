import assert from "node:assert/strict";
import document from "../../docs/asyncapi.json" with { type: "json" };
import { asyncApiFaults } from "./validators.ts";

Deno.test("docs/asyncapi.json passes the schema of AsyncAPI 3.0", async () => {
  assert.equal(await asyncApiFaults(document), undefined);
  assert.notEqual(await asyncApiFaults({ ...document, info: {} }), undefined);
});

import assert from "node:assert/strict";
import { isWanted } from "../../support/filter.ts";

Deno.test.each([
  { filter: "over TLS", name: "logs in over TLS", wanted: true },
  { filter: "over tls", name: "logs in over TLS", wanted: false },
  { filter: "/^logs .* TLS$/", name: "logs in over TLS", wanted: true },
  { filter: "/^in/", name: "logs in over TLS", wanted: false },
  { filter: "a/b", name: "of a/b", wanted: true },
])("isWanted() with $filter lets $name through: $wanted", ({ filter, name, wanted }) => {
  assert.equal(isWanted(name, filter), wanted);
});

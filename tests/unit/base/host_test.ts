import assert from "node:assert/strict";
import { withoutBrackets } from "../../../src/base/host.ts";

Deno.test("withoutBrackets() gives an address as sockets take it", () => {
  assert.deepEqual(["[::1]", "::1", "kafka-0"].map(withoutBrackets), ["::1", "::1", "kafka-0"]);
});

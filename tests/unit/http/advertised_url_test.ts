import assert from "node:assert/strict";
import { advertisedUrl } from "../../../src/http/advertised_url.ts";

const bound = "http://localhost:8080";

Deno.test.each([
  { configured: undefined, host: "127.0.0.1", told: bound },
  { configured: undefined, host: "0.0.0.0", told: undefined },
  { configured: undefined, host: "[::]", told: undefined },
  { configured: "https://a:8443", host: "0.0.0.0", told: "https://a:8443" },
  { configured: "https://a:8443", host: "127.0.0.1", told: "https://a:8443" },
])("advertisedUrl() of $configured on $host is $told", ({ configured, host, told }) => {
  assert.equal(advertisedUrl(configured, host, bound), told);
});

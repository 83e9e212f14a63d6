import assert from "node:assert/strict";
import { Secret } from "../../../src/base/secret.ts";
import { PipelineError } from "../../../src/base/errors.ts";
import { finnhubAddress } from "../../../src/feed/finnhub_url.ts";

const key = new Secret("k3y&x");

Deno.test.each([
  { apiUrl: "wss://ws.finnhub.io?token=", url: "wss://ws.finnhub.io?token=k3y%26x" },
  { apiUrl: "wss://ws.finnhub.io", url: "wss://ws.finnhub.io/?token=k3y%26x" },
  { apiUrl: "ws://localhost:8765/p?a=1", url: "ws://localhost:8765/p?a=1&token=k3y%26x" },
  { apiUrl: "ws://h/?token=old&a=1", url: "ws://h/?token=k3y%26x&a=1" },
])("finnhubAddress() puts the key into $apiUrl", ({ apiUrl, url }) => {
  const address = finnhubAddress(apiUrl, key);
  assert.equal(address.url, url);
  assert.doesNotMatch(address.shownAs, /k3y|token|old/);
});

Deno.test.each(["", "finnhub", "https://ws.finnhub.io?token=", "wss://h/#token="])(
  "finnhubAddress() refuses %s without showing it",
  (apiUrl) => {
    assert.throws(
      () => finnhubAddress(apiUrl + "s3cret", key),
      (error) =>
        error instanceof PipelineError && error.code === "CONFIG_INVALID" &&
        !/s3cret|k3y/.test(error.message) && error.cause === undefined,
    );
  },
);

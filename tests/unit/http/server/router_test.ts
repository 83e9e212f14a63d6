import assert from "node:assert/strict";
import { PipelineError } from "../../../../src/base/errors.ts";
import { surface } from "../harness.ts";

Deno.test("handleRequest() answers an unknown path with a 404 problem document", async () => {
  const response = await surface().ask("/nowhere?x=1");
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.deepEqual(await response.json(), {
    type: "about:blank",
    title: "Not Found",
    status: 404,
    detail: "no such page",
    instance: "/nowhere",
  });
});

Deno.test.each([["POST"], ["PUT"], ["DELETE"], ["OPTIONS"], ["PATCH"]])(
  "handleRequest() refuses %s with 405 and names what is allowed",
  async (method) => {
    const response = await surface().ask("/api/symbols", { method });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get("allow"), "GET, HEAD");
    assert.equal((await response.json()).status, 405);
  },
);

Deno.test("handleRequest() answers HEAD as GET, without a body", async () => {
  const { ask } = surface();
  for (const path of ["/", "/livez", "/api/symbols", "/api/candles?symbol=AAPL", "/nowhere"]) {
    const head = await ask(path, { method: "HEAD" });
    const get = await ask(path);
    assert.equal(head.status, get.status, path);
    assert.equal(head.headers.get("content-type"), get.headers.get("content-type"), path);
    assert.equal(await head.text(), "", path);
    assert.notEqual(await get.text(), "", path);
  }
});

Deno.test("handleRequest() sends the security headers with every answer", async () => {
  const { ask } = surface();
  for (const path of ["/", "/assets/app.js", "/api/symbols", "/nowhere", "/metrics"]) {
    const response = await ask(path);
    await response.text();
    assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/, path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", path);
  }
});

Deno.test.each([
  ["/api/candles?symbol=%", 404],
  ["/api/candles?symbol=%E0%A4%A", 404],
  ["/api/candles/", 404],
  ["/api/candles/AAPL", 404],
  ["/assets/%", 400],
  ["/api/candles?symbol=%00", 400],
  ["/api/candles?symbol=%EF%BB%BFAAPL", 400],
  [`/api/candles?symbol=${"A".repeat(129)}`, 400],
  [`/api/trades?symbol=${"A".repeat(70_000)}`, 400],
  ["/api/candles?symbol=..%2f..%2fetc", 404],
  ["//", 404],
  ["/assets/%2e%2e%2fserver.ts", 404],
  ["/assets/constructor", 404],
  ["/api/trades?symbol=__proto__", 404],
  ["/api/stream/", 404],
])("handleRequest() answers odd input %s with a problem", async (path, status) => {
  const response = await surface().ask(path);
  assert.equal(response.status, status);
  assert.equal((await response.json()).status, status);
});

Deno.test("handleRequest() tells a failed query as 503 when it passes, else as a bare 500", async () => {
  const { view, ask } = surface();
  view.failure = new PipelineError("SINK_UNAVAILABLE", "Cannot read rows: secret detail");
  const passing = await ask("/api/candles?symbol=AAPL");
  assert.equal(passing.status, 503);
  assert.equal(passing.headers.get("retry-after"), "5");
  view.failure = new TypeError("secret detail");
  const broken = await ask("/api/trades?symbol=AAPL");
  assert.equal(broken.status, 500);
  for (const response of [passing, broken]) {
    assert.doesNotMatch(await response.text(), /secret detail/);
  }
});

import assert from "node:assert/strict";
import { isHttpOrigin } from "../../../src/base/origin.ts";
import { honestOrigins, hostileOrigins } from "../../support/hostile/origins.ts";

Deno.test("isHttpOrigin() takes origins as instances advertise them", () => {
  assert.deepEqual(honestOrigins.filter((text) => !isHttpOrigin(text)), []);
});

Deno.test("isHttpOrigin() takes nothing that leads anywhere else", () => {
  assert.deepEqual(hostileOrigins.filter(isHttpOrigin), []);
});

Deno.test("isHttpOrigin() takes texts only", () => {
  const values = [undefined, null, 1, {}, ["http://a"], { toString: () => "http://a" }];
  assert.deepEqual(values.filter(isHttpOrigin), []);
});

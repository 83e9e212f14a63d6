/** What describes the contracts is what follows from the code: `deno task generate` writes it. */
import assert from "node:assert/strict";
import httpMd from "../../../docs/HTTP.md" with { type: "text" };
import asyncApiJson from "../../../docs/asyncapi.json" with { type: "json" };
import { asyncApi } from "../../../scripts/generate/async_api.ts";
import { httpPage } from "../../../scripts/generate/http_page.ts";

/** Tables without what the formatter adds to them. */
function plain(markdown: string): string {
  return markdown.replaceAll(/ *\| */g, "|").replaceAll(/-{2,}/g, "-");
}

Deno.test("docs/HTTP.md lists the paths and parameters that are routed and read", () => {
  assert.equal(plain(httpPage(httpMd)), plain(httpMd));
  assert.deepEqual(httpMd.match(/<!-- (?!end)\w+ -->/g)?.length, 4);
});

Deno.test("docs/asyncapi.json has the topics, headers and schemas that the programs use", () => {
  assert.deepEqual(JSON.parse(asyncApi()), asyncApiJson);
});

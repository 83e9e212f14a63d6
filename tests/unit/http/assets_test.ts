import assert from "node:assert/strict";
import { surface } from "./harness.ts";

Deno.test("/ answers the page, and everything the page asks for exists", async () => {
  const { ask } = surface();
  const response = await ask("/");
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  const html = await response.text();
  const paths = [...html.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path]) => String(path));
  assert(paths.length >= 2);
  for (const path of paths) {
    const asset = await ask(path);
    assert.equal(asset.status, 200, path);
    for (const [, name] of (await asset.text()).matchAll(/^import .*from "\.\/(.+)";$/gm)) {
      assert.equal((await ask(`/assets/${name}`)).status, 200, `${path} imports ${name}`);
    }
  }
});

Deno.test("/ refers to no other origin and has no inline script or style", async () => {
  const html = await (await surface().ask("/")).text();
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)/);
  assert.doesNotMatch(html, /<style|\bstyle=|\bon[a-z]+=/);
  assert.doesNotMatch(html, /src="https?:/);
});

Deno.test("/assets answers 304 to its own entity tag, and 200 to another", async () => {
  const { ask } = surface();
  const first = await ask("/assets/style.css");
  await first.text();
  const etag = first.headers.get("etag") ?? "";
  assert.match(etag, /^"[\w-]{22}"$/);
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const again = await ask("/assets/style.css", { headers: { "if-none-match": tag } });
    assert.equal(again.status, 304, tag);
    assert.equal(await again.text(), "");
    assert.equal(again.headers.get("etag"), etag);
  }
  const changed = await ask("/assets/style.css", { headers: { "if-none-match": `"other"` } });
  assert.equal(changed.status, 200);
  await changed.text();
});

Deno.test("/assets/lightweight-charts.js is the library, whole, with its licence line", async () => {
  const text = await (await surface().ask("/assets/lightweight-charts.js")).text();
  assert.match(text, /TradingView Lightweight Charts/);
  assert.match(text, /as createChart\b/);
  assert.doesNotMatch(text, /^import|from\s*"fancy-canvas"/m);
});

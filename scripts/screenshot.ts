/**
 * `deno task dev screenshot [--seconds N] [--dark]`: takes `docs/page.png` of the simulated market.
 *
 * Starts the whole pipeline in a folder of its own, waits until the page shows candles, then for the
 * given seconds, and writes what a Chromium on the PATH shows.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Browser } from "../tests/browser/browser.ts";
import { upToDate } from "../tests/browser/page_states.ts";
import { Started } from "../tests/browser/started.ts";
import { print } from "./lib/print.ts";
import { root } from "./lib/source_files.ts";

/** What is committed stays small. */
const pictureBytesMax = 200_000;

const viewport = { width: 1_200, height: 750 };

const { values: { seconds, dark } } = parseArgs({
  args: Deno.args,
  options: {
    seconds: { type: "string", default: "20" },
    dark: { type: "boolean", default: false },
  },
});
const path = join(root, "docs/page.png");

await using started = await Started.open();
await using browser = await Browser.open();
const page = await browser.look(started.url, { viewport, colorScheme: dark ? "dark" : "light" });
await upToDate(page);
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1_000));
await upToDate(page);
assert.deepEqual(page.errors, []);
await page.raw.screenshot({ path });

const { size } = await Deno.stat(path);
assert(size <= pictureBytesMax, `${path} must have at most ${pictureBytesMax} bytes: ${size}`);
print(`docs/page.png: ${size} bytes`);

/// <reference lib="dom" />
import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { Browser, screens } from "./browser.ts";
import { say } from "../support/say.ts";
import type { LivePage } from "./live_page.ts";
import { upToDate } from "./page_states.ts";

const seconds = 4;

/** The server of the page, in a process of its own. */
class MarketOfThousands implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly url: string;

  private constructor(process: Deno.ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async open(): Promise<MarketOfThousands> {
    const program = new URL("fixtures/market_of_thousands.ts", import.meta.url).pathname;
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const args = ["run", "-q", "-A", "--no-check", "--config", config, program];
    const process = new Deno.Command(Deno.execPath(), { args, stdout: "piped" })
      .spawn();
    const reader = process.stdout.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return new MarketOfThousands(process, new TextDecoder().decode(value));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.status;
  }
}

/** Frames, by the browser's own measure, while the list is scrolled from one end to the other. */
function framesOfScrolling(page: LivePage): Promise<number> {
  return page.raw.evaluate((seconds) => {
    const list = document.getElementById("symbols") as HTMLElement;
    const { promise, resolve } = Promise.withResolvers<number>();
    const startedMs = performance.now();
    let frames = 0;
    const frame = (nowMs: number) => {
      frames++;
      const share = (nowMs - startedMs) / (seconds * 1_000);
      list.scrollTop = share * list.scrollHeight;
      if (share < 1) requestAnimationFrame(frame);
      else resolve(frames);
    };
    requestAnimationFrame(frame);
    return promise;
  }, seconds);
}

/** How long it takes from a key in the search to the rows that it leaves, ms. */
function searchMs(page: LivePage): Promise<number> {
  return page.raw.evaluate(() => {
    const filter = document.getElementById("filter") as HTMLInputElement;
    const startedMs = performance.now();
    filter.value = "s2999";
    filter.dispatchEvent(new Event("input"));
    const { promise, resolve } = Promise.withResolvers<number>();
    requestAnimationFrame(() => resolve(performance.now() - startedMs));
    return promise;
  }, undefined);
}

Deno.test("the page of 3,000 symbols at 5,000 trades/s is smooth, small and searched at once", async () => {
  await using market = await MarketOfThousands.open();
  await using browser = await Browser.open();
  const page = await browser.look(`${market.url}/#S0000/15s`, screens.desktop);
  await upToDate(page);
  await page.until("all symbols are listed", async () => {
    assert.equal(await page.text("#symbols-count"), "3,000");
  });
  assert((await page.rows()).length < 40, "only rows in view exist");

  const bytesBefore = page.streamBytes;
  await systemClock.sleep(seconds * 1_000);
  const bytesPerSecond = (page.streamBytes - bytesBefore) / seconds;
  assert(
    bytesPerSecond > 0 && bytesPerSecond < 100_000,
    `bytes/s: ${bytesPerSecond}`,
  );

  const busyBeforeMs = await page.busyMs();
  const frames = await framesOfScrolling(page);
  const frameMs = (await page.busyMs() - busyBeforeMs) / frames;
  // 60 frames/s leave 16.7 ms, of which about 8 are used; a busy machine's caches double that.
  assert(frameMs < 2_000 / 60, `a frame takes ${frameMs} ms of the processor`);
  await page.until("the rows at the end are live", async () => {
    assert((await page.rows()).includes("S2999"));
    assert(!(await page.texts("#symbols .last")).includes("–"));
  });
  const foundMs = await searchMs(page);
  assert(foundMs < 100, `search: ${foundMs} ms`);
  assert.deepEqual(await page.rows(), ["S2999"]);
  assert.deepEqual(page.errors, []);
  const kB = (bytesPerSecond / 1_000).toFixed(1);
  say(
    `${kB} kB/s, ${frames / seconds} frames/s of ${frameMs.toFixed(1)} ms, found in ${foundMs} ms`,
  );
});

import assert from "node:assert/strict";
import { Browser, screens } from "./browser.ts";
import type { LivePage } from "./live_page.ts";
import { Started } from "./started.ts";

/** Waits until a page shows fresh data and nothing that warns. */
async function upToDate(page: LivePage): Promise<void> {
  await page.until("up to date", async () => {
    assert.equal(await page.text("#link-text"), "up to date");
    assert.equal(await page.text("#ready"), "Ready");
    assert(!await page.isShown("#banner"));
    assert(!await page.isShown("main[data-stale]"));
  });
}

/** Waits until a page says that nobody is there. */
async function connectionLost(page: LivePage): Promise<void> {
  await page.until("connection lost", async () => {
    assert.equal(await page.text("#link-text"), "connection lost");
    assert.match(await page.text("#banner"), /^Connection lost .* What is shown is from before/);
    assert(await page.isShown("#banner"));
    assert(await page.isShown("main[data-stale]"));
    assert.equal(await page.text("#ready"), "No answer");
  });
}

/** Waits until another trade is on top of the tape than before. */
async function tapeMoves(page: LivePage): Promise<void> {
  const before = await page.text("#tape tr");
  await page.until("a new trade", async () => await page.text("#tape tr") !== before);
}

Deno.test("the page says when the server dies, and goes on by itself when it is back", async () => {
  await using browser = await Browser.open();
  await using started = await Started.open();
  const page = await browser.look(started.url, screens.desktop);
  await upToDate(page);
  const shown = await page.text("#symbol");

  await started.program.kill();
  await connectionLost(page);
  assert.equal(await page.text("#symbol"), shown, "what was shown must stay");

  await started.restart();
  await upToDate(page);
  await tapeMoves(page);
  assert.equal(await page.text("#symbol"), shown);
  assert.deepEqual(page.errors, []);
});

Deno.test("the page notices a server that holds still with its connections open", async () => {
  await using browser = await Browser.open();
  await using started = await Started.open();
  const page = await browser.look(started.url, screens.desktop);
  await upToDate(page);
  started.program.pause();
  try {
    await connectionLost(page);
  } finally {
    started.program.resume();
  }
  await upToDate(page);
  await tapeMoves(page);
});

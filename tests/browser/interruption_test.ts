import assert from "node:assert/strict";
import { Browser, screens } from "./browser.ts";
import { connectionLost, tapeMoves, upToDate } from "./page_states.ts";
import { Started } from "./started.ts";

Deno.test("the page says when the server dies, and recovers when it is back", async () => {
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
  await started.program.pause();
  try {
    await connectionLost(page);
  } finally {
    started.program.resume();
  }
  await upToDate(page);
  await tapeMoves(page);
});

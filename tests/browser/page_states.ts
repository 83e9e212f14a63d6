import assert from "node:assert/strict";
import type { LivePage } from "./live_page.ts";

/** Waits until a page shows fresh data and nothing that warns. */
export async function upToDate(page: LivePage): Promise<void> {
  await page.until("up to date", async () => {
    assert.equal(await page.text("#link-text"), "up to date");
    assert.equal(await page.text("#ready"), "Ready");
    assert(!await page.isShown("#banner"));
    assert(!await page.isShown("main[data-stale]"));
  });
}

/** Waits until a page says that nobody is there. */
export async function connectionLost(page: LivePage): Promise<void> {
  await page.until("connection lost", async () => {
    assert.equal(await page.text("#link-text"), "connection lost");
    assert.match(
      await page.text("#banner"),
      /^Connection lost: .* What is shown is from before/,
    );
    assert(await page.isShown("#banner"));
    assert(await page.isShown("main[data-stale]"));
    assert.equal(await page.text("#ready"), "No answer");
  });
}

/** A symbol of the simulated market rests for 80 s at times, rarely twice in a row. */
export const restMsMax = 120_000;

/** Waits until another trade is on top of the tape than before. */
export async function tapeMoves(page: LivePage): Promise<void> {
  const before = await page.text("#tape tr");
  await page.until(
    "a new trade",
    async () => await page.text("#tape tr") !== before,
    restMsMax,
  );
}

import assert from "node:assert/strict";
import { recordedLine } from "../../src/feed/recorded_frame.ts";
import { zone } from "../../src/http/page/zone.js";
import { Browser, screens } from "./browser.ts";
import type { LivePage } from "./live_page.ts";
import { Started } from "./started.ts";

const symbol = "AAPL";
const startMs = Date.UTC(2024, 0, 2, 14, 30);
const windowMs = 15_000;
const windows = 2 * 86_400_000 / windowMs;

/** Two days of a trade in every window. */
async function writeTwoDays(path: string): Promise<void> {
  const lines = Array.from({ length: windows }, (_, window) => {
    const t = startMs + window * windowMs;
    const trade = {
      s: symbol,
      p: 200 + Math.round(1_000 * Math.sin(window / 500)) / 100,
      v: 10,
      t,
    };
    const text = JSON.stringify({
      type: "trade",
      data: [{ ...trade, c: ["1"] }],
    });
    return recordedLine({ receivedAtMs: t, text });
  });
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`);
}

/** Turns the wheel over the chart until something is true. */
async function turn(
  page: LivePage,
  [sideways, forward]: readonly [number, number],
  isThere: () => Promise<boolean>,
): Promise<void> {
  const { x, y } = await page.middle("#chart");
  await page.raw.mouse.move(x, y);
  await page.until("the wheel leads there", async () => {
    for (let notch = 0; notch < 4; notch++) {
      await page.raw.mouse.wheel(sideways, forward);
    }
    return await isThere();
  });
}

async function scrollsToTheFirst(page: LivePage): Promise<void> {
  await page.until(
    "candles",
    async () => assert.match(await page.text("#loaded"), /^500 candles/),
  );
  await turn(
    page,
    [-9_000, 0],
    async () => await page.text("#earlier") === "From the first candle",
  );
  const first = `${zone.dateTime(startMs)} ${zone.label(startMs)}`;
  assert((await page.text("#loaded")).includes(` ${first.slice(0, 16)} – `));
  assert(await page.isShown("#latest"));
}

async function goesToADate(page: LivePage): Promise<void> {
  const wanted = startMs + 86_400_000;
  await page.raw.fill(
    "#go-to",
    `${zone.date(wanted)}T${zone.time(wanted).slice(0, 5)}`,
  );
  const { x, y } = await page.middle("#chart");
  await page.until("candles of that time", async () => {
    await page.raw.mouse.move(x - 30 - Math.random() * 10, y);
    const shown = Date.parse(`${(await page.readout())["Window"]?.slice(0, 19)}Z`) -
      zone.offsetMs(wanted);
    assert(Math.abs(shown - wanted) < 3_600_000, new Date(shown).toISOString());
  });
  await page.raw.evaluate(
    () => document.getElementById("chart")?.focus(),
    undefined,
  );
  await page.raw.keyboard.press("Home");
  const first = `${zone.dateTime(startMs)} ${zone.label(startMs)}`;
  await page.until("the first candle in the middle", async () => {
    for (let offset = -40; offset <= 40; offset += 4) {
      await page.raw.mouse.move(x - 30 + offset, y);
      const { Window, Open } = await page.readout();
      if (Window === first && Open === "200.00") return true;
    }
    return false;
  });
  await page.raw.click("#latest");
  await page.until("the end", async () => !await page.isShown("#latest"));
}

async function fitsTheView(page: LivePage): Promise<void> {
  await page.raw.click(`#resolutions label:has(input[value="auto"])`);
  const shown = async () => (await page.texts("#resolutions label"))[0];
  assert.equal(await shown(), "Auto 15s");
  await turn(page, [0, 300], async () => await shown() !== "Auto 15s");
  assert(page.raw.url().endsWith("/auto"));
  await turn(page, [0, -300], async () => await shown() === "Auto 15s");
}

Deno.test("the chart of two days leads to its first candle, to a date, and to the length that fits", async (t) => {
  const recording = await Deno.makeTempFile({ suffix: ".jsonl" });
  await writeTwoDays(recording);
  await using browser = await Browser.open();
  await using started = await Started.open({ path: recording, speed: "max" });
  await started.program.line("The recording is at its end");
  const page = await browser.look(
    `${started.url}/#${symbol}/15s`,
    screens.desktop,
  );
  await t.step("scrolls to the first candle", () => scrollsToTheFirst(page));
  await t.step(
    "goes to a date, and to the latest candle",
    () => goesToADate(page),
  );
  await t.step(
    "picks the length that fits what is in view",
    () => fitsTheView(page),
  );
  assert.deepEqual(page.errors, []);
  await Deno.remove(recording);
});

/// <reference lib="dom" />
import assert from "node:assert/strict";
import { Browser, screens } from "./browser.ts";
import { contrasts } from "./contrast.ts";
import type { LivePage } from "./live_page.ts";
import { Started } from "./started.ts";

/** Waits for the first candles and trades. */
async function filled(page: LivePage): Promise<void> {
  await page.until("all symbols, candles and trades", async () => {
    assert.equal((await page.rows()).length, 4);
    assert.notEqual((await page.readout())["Close"] ?? "–", "–");
    assert(await page.dotsOf("--up") + await page.dotsOf("--down") > 0);
  });
}

/** What is chosen, and what has the keyboard. */
async function chosen(
  page: LivePage,
): Promise<{ symbol: string; selected: string }> {
  const symbol = await page.text("#symbol");
  const [selected = ""] = await page.rows("[aria-selected=true]");
  return { symbol, selected };
}

/** Width of what could be scrolled sideways, and of the window. */
function widths(page: LivePage): Promise<{ content: number; window: number }> {
  return page.raw.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: innerWidth,
  }), undefined);
}

/** What the steps look at. */
interface Scene {
  readonly browser: Browser;
  readonly started: Started;
  /** At a desk, in the light. */
  readonly page: LivePage;
}

async function saysSimulated({ page }: Scene): Promise<void> {
  for (const selector of ["#feed", "#feed-fact", "#watermark"]) {
    assert(await page.isShown(selector), selector);
    assert.equal((await page.text(selector)).toLowerCase(), "simulated");
  }
}

async function offersResolutions({ started, page }: Scene): Promise<void> {
  const { resolutions } = await (await fetch(`${started.url}/api/tasks`))
    .json();
  const names: string[] = resolutions.map(({ name }: { name: string }) => name);
  assert.deepEqual(await page.texts("#resolutions label"), ["Auto", ...names]);
  for (const name of names) {
    await page.raw.click(`#resolutions label:has(input[value="${name}"])`);
    await page.until(`candles of ${name}`, async () => {
      assert(page.raw.url().endsWith(`/${name}`), page.raw.url());
      assert.notEqual((await page.readout())["Close"], "–");
    });
  }
}

async function obeysKeys({ page }: Scene): Promise<void> {
  const names = await page.rows();
  assert.equal(names.length, 4);
  await page.raw.evaluate(
    () => document.getElementById("filter")?.focus(),
    undefined,
  );
  await page.raw.keyboard.press("Tab");
  const focused = await page.raw.evaluate(
    () => document.activeElement?.id,
    undefined,
  );
  assert.equal(focused, "symbols");
  for (
    const [key, index] of [["Home", 0], ["ArrowDown", 1], ["End", 3], [
      "ArrowUp",
      2,
    ]] as const
  ) {
    await page.raw.keyboard.press(key);
    assert.deepEqual(await chosen(page), {
      symbol: names[index],
      selected: names[index],
    }, key);
  }
  const outline = await page.raw.evaluate(() => {
    const row = document.querySelector("#symbols [aria-selected=true]");
    return row === null ? "" : getComputedStyle(row).outlineStyle;
  }, undefined);
  assert.equal(outline, "solid");
  await page.until("trades of the chosen symbol", async () => {
    assert((await page.texts("#tape tr")).length > 0);
  });
}

async function namesControls({ page }: Scene): Promise<void> {
  const nameless = await page.raw.evaluate(
    () =>
      [...document.querySelectorAll<HTMLElement>(
        "button, input, a, [tabindex]",
      )]
        .filter((element) =>
          element.textContent?.trim() === "" && !element.ariaLabel &&
          !element.getAttribute("aria-labelledby")
        ).map(({ outerHTML }) => outerHTML),
    undefined,
  );
  assert.deepEqual(nameless, []);
}

async function fitsPhone({ browser, started }: Scene): Promise<void> {
  const phone = await browser.look(started.url, screens.phone);
  await filled(phone);
  const { content, window } = await widths(phone);
  assert.equal(window, 390);
  assert(content <= window, `${content} px in ${window} px`);
  assert.deepEqual(phone.errors, []);
}

async function isDark({ browser, started }: Scene): Promise<void> {
  const dark = await browser.look(started.url, screens.desktopDark);
  await filled(dark);
  const theme = () =>
    dark.raw.evaluate(
      () => document.documentElement.dataset["theme"],
      undefined,
    );
  assert.equal(await theme(), "dark");
  assert.deepEqual(
    (await contrasts(dark)).filter(({ ratio }) => ratio < 4.5),
    [],
  );
  await dark.raw.click("#theme");
  assert.equal(await theme(), "light");
  await dark.open(started.url);
  assert.equal(await theme(), "light");
  assert.deepEqual(dark.errors, []);
}

async function isReadable({ page }: Scene): Promise<void> {
  const all = await contrasts(page);
  assert(all.length > 100, `texts: ${all.length}`);
  assert.deepEqual(all.filter(({ ratio }) => ratio < 4.5), []);
}

function asksOnlyItsServer({ started, page }: Scene): void {
  assert(
    page.requests.some((url) => url.endsWith("/assets/lightweight-charts.js")),
  );
  assert.deepEqual(
    page.requests.filter((url) => !url.startsWith(`${started.url}/`)),
    [],
  );
  assert.deepEqual(page.errors, []);
}

const steps: readonly (readonly [string, (scene: Scene) => Promise<void> | void])[] = [
  [
    "says in header, strip and chart that the market is simulated",
    saysSimulated,
  ],
  [
    "offers exactly the resolutions that the server announces",
    offersResolutions,
  ],
  ["changes the symbol by the keyboard alone and shows the focus", obeysKeys],
  ["gives every control a name", namesControls],
  ["fits a phone without scrolling sideways", fitsPhone],
  ["is dark where the system is, light by the button, and stays so", isDark],
  [
    "can be read in the light: every text has the contrast of level AA",
    isReadable,
  ],
  ["asks nobody but its own server", asksOnlyItsServer],
];

Deno.test("the live page", async (t) => {
  await using browser = await Browser.open();
  await using started = await Started.open();
  const page = await browser.look(started.url, screens.desktop);
  await filled(page);
  for (const [title, step] of steps) {
    await t.step(title, async () => await step({ browser, started, page }));
  }
});

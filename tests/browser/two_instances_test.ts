import assert from "node:assert/strict";
import type { CandleJson } from "../../src/http/wire.ts";
import type { ProcessInstance } from "../support/process_instance.ts";
import { Browser, screens } from "./browser.ts";
import type { LivePage } from "./live_page.ts";
import { connectionLost, restMsMax, tapeMoves, upToDate } from "./page_states.ts";
import { assertShown } from "./readout.ts";
import { TwoInstances } from "./two_instances.ts";

/** Longest wait for the group to notice that a member is dead, and to give its work away, ms. */
const takeOverMsMax = 60_000;

/** Both pages, each with a symbol of the other instance. */
interface Scene {
  readonly both: TwoInstances;
  readonly first: LivePage;
  readonly second: LivePage;
  readonly ofFirst: string;
  readonly ofSecond: string;
}

async function listsAll({ both, first, second }: Scene): Promise<void> {
  for (const page of [first, second]) {
    await upToDate(page);
    await page.until("all symbols", async () => {
      assert.deepEqual(await page.rows(), both.symbols);
      assert.equal(await page.text("#tasks-summary"), "2 of 2 running");
      assert.equal(await page.text("#elsewhere"), "2 running");
    });
  }
}

async function showsOthers(
  { both, first, second, ofFirst, ofSecond }: Scene,
): Promise<void> {
  const views = [
    { page: first, instance: both.first, symbol: ofSecond },
    { page: second, instance: both.second, symbol: ofFirst },
  ];
  for (const { page, instance, symbol } of views) {
    await choose(page, symbol);
    await tapeMoves(page);
    const before = await sameEverywhere(page, both, { instance, symbol });
    await page.until("the candle grows, or another begins", async () => {
      const after = await sameEverywhere(page, both, { instance, symbol });
      assert(after.start > before.start || after.count > before.count);
    }, restMsMax);
    assert(
      await page.dotsOf("--up") + await page.dotsOf("--down") > 0,
      "candles must be drawn",
    );
  }
}

/** What the page says of those that it does not hear. */
interface Losses {
  readonly link: string;
  readonly banner: string;
  readonly elsewhere: string;
  /** The symbol that is shown is one of theirs. */
  readonly isShownLost: boolean;
  /** Symbols of the list that are theirs. */
  readonly symbols: readonly string[];
}

/** Keeps what the page says from now on: the other instance is replaced within a second or so. */
async function keepLosses(page: LivePage): Promise<() => Promise<Losses[]>> {
  await page.raw.evaluate(() => {
    const text = (selector: string) => document.querySelector(selector)?.textContent?.trim() ?? "";
    const kept: Losses[] = [];
    Object.assign(globalThis, { kept });
    const keep = () => {
      const lost = document.querySelectorAll<HTMLElement>(
        "#symbols [data-lost]",
      );
      kept.push({
        link: text("#link-text"),
        banner: text("#banner"),
        elsewhere: text("#elsewhere"),
        isShownLost: document.querySelector("main[data-lost]") !== null,
        symbols: [...lost].map(({ title }) => title),
      });
    };
    new MutationObserver(keep).observe(document.body, {
      ...{
        attributes: true,
        characterData: true,
        childList: true,
        subtree: true,
      },
    });
  }, undefined);
  return () =>
    page.raw.evaluate(
      () => (globalThis as unknown as { kept: Losses[] }).kept,
      undefined,
    );
}

async function saysWhoIsGone(scene: Scene): Promise<void> {
  const { both, first, second, ofFirst, ofSecond } = scene;
  const losses = await keepLosses(first);
  await both.second.program?.kill();
  await connectionLost(second);
  await first.until("the other instance was missed", async () => {
    const found = (await losses()).some((
      { link, banner, elsewhere, isShownLost, symbols },
    ) =>
      link === "incomplete" && elsewhere === "2 not heard of" && isShownLost &&
      /^Incomplete: no instance answers for partitions \d, \d\. Not up/.test(
        banner,
      ) &&
      symbols.includes(ofSecond) && !symbols.includes(ofFirst)
    );
    assert(found, JSON.stringify((await losses()).at(-1)));
  });
  await choose(first, ofFirst);
  await tapeMoves(first);
  await first.until(
    "what is shown is not lost",
    () => first.isShown("main[data-lost]").then((isLost) => !isLost),
  );
  await choose(first, ofSecond);
}

async function goesOnElsewhere(
  { both, first, ofSecond }: Scene,
): Promise<void> {
  await first.until("the partitions are taken over", async () => {
    assert.equal(await first.text("#tasks-summary"), "4 of 4 running");
  }, takeOverMsMax);
  await upToDate(first);
  assert.deepEqual(await first.rows("[data-lost]"), []);
  await tapeMoves(first);
  await sameEverywhere(first, both, { instance: both.first, symbol: ofSecond });
}

async function comesBack(scene: Scene): Promise<void> {
  const { both, second } = scene;
  both.second.start();
  await second.until("it has its part of the work again", async () => {
    assert.equal(await second.text("#tasks-summary"), "2 of 2 running");
  }, takeOverMsMax);
  await listsAll(scene);
  await tapeMoves(second);
}

/** Opens a symbol by its row in the list. */
async function choose(page: LivePage, symbol: string): Promise<void> {
  await page.raw.click(`#symbols .row[title="${symbol}"]`);
  assert.equal(await page.text("#symbol"), symbol);
  await page.until("trades of the symbol", async () => {
    assert((await page.texts("#tape tr")).length > 0);
  });
}

/** Waits for a moment in which page, API and Cassandra tell the same; commits come in between. */
async function sameEverywhere(
  page: LivePage,
  both: TwoInstances,
  { instance, symbol }: {
    readonly instance: ProcessInstance;
    readonly symbol: string;
  },
): Promise<CandleJson> {
  const query = new URLSearchParams({ symbol, resolution: "15s", limit: "1" });
  const url = `${await instance.url()}/api/candles?${query}`;
  let last: CandleJson | undefined;
  await page.until("page, API and Cassandra agree", async () => {
    const readout = await page.readout();
    const { parts, candles } = await (await fetch(url)).json();
    last = candles[0];
    assert(last);
    assert(["state", "owner"].includes(parts[0]?.from), "not of the tables");
    assert.deepEqual(await both.storedCandle(symbol), last);
    assertShown(readout, last);
  });
  assert(last);
  return last;
}

const steps: readonly (readonly [string, (scene: Scene) => Promise<void>])[] = [
  ["lists all symbols, whichever instance serves it", listsAll],
  [
    "shows a symbol of the other instance as the API and Cassandra have it, live",
    showsOthers,
  ],
  [
    "says which symbols are not up to date when the other instance dies",
    saysWhoIsGone,
  ],
  ["goes on with them once they are taken over", goesOnElsewhere],
  ["connects again by itself when its instance is back", comesBack],
];

Deno.test({
  name: "the live page of two instances",
  ignore: !Deno.env.has("KAFKA_URL"),
  async fn(t) {
    await using browser = await Browser.open();
    await using both = await TwoInstances.open();
    const first = await browser.look(await both.first.url(), screens.desktop);
    const second = await browser.look(await both.second.url(), screens.desktop);
    const ofFirst = await both.symbolOf(both.first);
    const ofSecond = await both.symbolOf(both.second);
    const scene = { both, first, second, ofFirst, ofSecond };
    for (const [title, step] of steps) await t.step(title, () => step(scene));
    assert.deepEqual([...first.errors, ...second.errors], []);
  },
});

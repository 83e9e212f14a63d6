/// <reference lib="dom" />
import type { InstrumentsLike, PageLike } from "./playwright.ts";

/** Longest wait for something to become true, ms: a new connection takes up to nine seconds. */
const untilMsMax = 25_000;

/** The live page in a browser, as its reader sees it. */
export class LivePage {
  readonly raw: PageLike;
  /** Every address that was asked for. */
  readonly requests: string[] = [];
  /** What went wrong in the page's own code. */
  readonly errors: string[] = [];
  /** Bytes of the live stream, by the browser's own count. */
  streamBytes = 0;
  #instruments: InstrumentsLike | undefined;

  constructor(page: PageLike) {
    this.raw = page;
    page.on("request", (request) => this.requests.push(request.url()));
    page.on("pageerror", (error) => this.errors.push(error.message));
  }

  /** Counts what the live stream brings, and what the page takes of the processor. */
  async instrument(instruments: InstrumentsLike): Promise<void> {
    const streams = new Set<string>();
    instruments.on("Network.requestWillBeSent", ({ requestId, request }) => {
      if (request.url.includes("/api/stream")) streams.add(requestId);
    });
    instruments.on("Network.dataReceived", ({ requestId, dataLength }) => {
      if (streams.has(requestId)) this.streamBytes += dataLength;
    });
    await instruments.send("Network.enable");
    await instruments.send("Performance.enable", { timeDomain: "threadTicks" });
    this.#instruments = instruments;
  }

  /** Time that the page has had the processor, ms: what other programs take is not in it. */
  async busyMs(): Promise<number> {
    const { metrics } = await this.#instruments?.send("Performance.getMetrics") ??
      { metrics: [] };
    return 1_000 *
      (metrics.find(({ name }) => name === "TaskDuration")?.value ?? NaN);
  }

  async open(url: string): Promise<void> {
    await this.raw.goto(url);
  }

  /** The text of the first element that a selector finds. */
  text(selector: string): Promise<string> {
    return this.raw.evaluate(
      (selector) => document.querySelector(selector)?.textContent?.trim() ?? "",
      selector,
    );
  }

  /** The texts of all elements that a selector finds. */
  texts(selector: string): Promise<string[]> {
    return this.raw.evaluate(
      (selector) =>
        [...document.querySelectorAll(selector)].map((element) =>
          element.textContent?.trim() ?? ""
        ),
      selector,
    );
  }

  /** The symbols of the rows that exist, in their order, or only of those that a selector finds. */
  rows(selector = ".row"): Promise<string[]> {
    return this.raw.evaluate(
      (selector) =>
        [...document.querySelectorAll<HTMLElement>(`#symbols ${selector}`)]
          .sort((a, b) => Number(a.ariaPosInSet) - Number(b.ariaPosInSet))
          .map(({ title }) => title),
      selector,
    );
  }

  /** Whether an element is there and takes up room. */
  isShown(selector: string): Promise<boolean> {
    return this.raw.evaluate(
      (selector) => (document.querySelector(selector)?.getClientRects().length ?? 0) > 0,
      selector,
    );
  }

  /** The figures above the chart by their names. */
  async readout(): Promise<Readonly<Record<string, string>>> {
    const names = await this.texts("#readout dt");
    const values = await this.texts("#readout dd");
    return Object.fromEntries(
      names.map((name, index) => [name, values[index] ?? ""]),
    );
  }

  /** Where the middle of an element is, px. */
  middle(
    selector: string,
  ): Promise<{ x: number; y: number; width: number; left: number }> {
    return this.raw.evaluate((selector) => {
      const { left, top, width, height } =
        document.querySelector(selector)?.getBoundingClientRect() ??
          new DOMRect();
      return { x: left + width / 2, y: top + height / 2, width, left };
    }, selector);
  }

  /** How many of the chart's dots have the colour of a variable of the page. */
  dotsOf(variable: string): Promise<number> {
    return this.raw.evaluate((variable) => {
      const hex = getComputedStyle(document.documentElement).getPropertyValue(
        variable,
      ).trim();
      const wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
      let count = 0;
      for (
        const canvas of document.querySelectorAll<HTMLCanvasElement>(
          "#chart canvas",
        )
      ) {
        const { width, height } = canvas;
        if (width === 0 || height === 0) continue;
        const { data } = canvas.getContext("2d")?.getImageData(0, 0, width, height) ??
          { data: [] };
        for (let i = 0; i < data.length; i += 4) {
          if (wanted.every((value, offset) => data[i + offset] === value)) {
            count++;
          }
        }
      }
      return count;
    }, variable);
  }

  /**
   * Waits until a check gives true or stops throwing.
   *
   * @param msMax Where it may take longer than a new connection.
   * @throws {Error} What the check threw last, or that it stayed false.
   */
  async until(
    what: string,
    check: () => Promise<boolean | void>,
    msMax: number = untilMsMax,
  ): Promise<void> {
    const deadline = Date.now() + msMax;
    for (;;) {
      try {
        if (await check() !== false) return;
        if (Date.now() > deadline) {
          throw new Error(`not within ${msMax} ms: ${what}`);
        }
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

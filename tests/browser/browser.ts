import { findBrowser } from "../../scripts/lib/test_browser.ts";
import { LivePage } from "./live_page.ts";
import { type BrowserLike, type ContextOptions, loadLauncher } from "./playwright.ts";

/**
 * Headless, without a sandbox of its own as that needs rights which containers lack, and without
 * anything that would ask another host than the page's.
 */
const browserArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How a page is looked at. */
export const screens: Record<
  "desktop" | "desktopDark" | "phone",
  ContextOptions
> = {
  desktop: { viewport: { width: 1400, height: 900 }, colorScheme: "light" },
  desktopDark: { viewport: { width: 1400, height: 900 }, colorScheme: "dark" },
  phone: {
    viewport: { width: 390, height: 844 },
    colorScheme: "light",
    isMobile: true,
    hasTouch: true,
  },
};

/** A real browser. Owner: the test; disposing ends it. */
export class Browser implements AsyncDisposable {
  readonly #browser: BrowserLike;

  private constructor(browser: BrowserLike) {
    this.#browser = browser;
  }

  static async open(): Promise<Browser> {
    const executablePath = await findBrowser();
    if (executablePath === undefined) {
      throw new Error("no Chromium is on the PATH");
    }
    const launcher = await loadLauncher();
    return new Browser(
      await launcher.launch({ executablePath, args: browserArguments }),
    );
  }

  /** Opens the address in a window of its own. */
  async look(url: string, screen: ContextOptions): Promise<LivePage> {
    const context = await this.#browser.newContext(screen);
    const raw = await context.newPage();
    const page = new LivePage(raw);
    await page.instrument(await context.newCDPSession(raw));
    await page.open(url);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/**
 * The browser's remote control, seen through the few things that are used of it.
 *
 * Its name is not a literal, because only this folder's deno.json knows it: whoever runs the
 * pipeline need not download fourteen megabytes of it.
 */

/** What a page looks like from outside. */
export interface PageLike {
  goto(url: string): Promise<unknown>;
  url(): string;
  /** Runs in the page; `fn` sees nothing of the test but its argument. */
  evaluate<A, R>(fn: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
  readonly keyboard: { press(key: string): Promise<void> };
  readonly mouse: {
    move(x: number, y: number): Promise<void>;
    wheel(deltaX: number, deltaY: number): Promise<void>;
  };
  click(selector: string): Promise<void>;
  fill(selector: string, value: string): Promise<void>;
  screenshot(options: { path: string }): Promise<unknown>;
  on(event: "request", listener: (request: { url(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
}

/** How a page is opened. */
export interface ContextOptions {
  readonly viewport: { readonly width: number; readonly height: number };
  readonly colorScheme: "light" | "dark";
  readonly isMobile?: boolean;
  readonly hasTouch?: boolean;
}

/** The browser's own instruments. */
export interface InstrumentsLike {
  send(method: "Performance.getMetrics"): Promise<{
    metrics: readonly { readonly name: string; readonly value: number }[];
  }>;
  send(
    method: string,
    options?: Readonly<Record<string, string>>,
  ): Promise<unknown>;
  on(
    event: "Network.requestWillBeSent",
    listener: (sent: { requestId: string; request: { url: string } }) => void,
  ): void;
  on(
    event: "Network.dataReceived",
    listener: (received: { requestId: string; dataLength: number }) => void,
  ): void;
}

/** A window of its own, without memory of others. */
export interface ContextLike {
  newPage(): Promise<PageLike>;
  newCDPSession(page: PageLike): Promise<InstrumentsLike>;
}

/** A browser that runs. */
export interface BrowserLike {
  newContext(options: ContextOptions): Promise<ContextLike>;
  close(): Promise<void>;
}

/** What starts browsers. */
export interface LauncherLike {
  launch(
    options: { executablePath: string; args: readonly string[] },
  ): Promise<BrowserLike>;
}

/** Loads it with the import map of this folder. */
export async function loadLauncher(): Promise<LauncherLike> {
  const [{ chromium }] = await Promise.all(
    ["playwright-core"].map((name) => import(name)),
  );
  return chromium;
}

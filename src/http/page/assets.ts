import { createHash } from "node:crypto";
import { pageFiles } from "./files.ts";

/** A file of the page. */
export interface Asset {
  readonly text: string;
  readonly contentType: string;
  /** Strong entity tag, quotes included: a digest of the bytes. */
  readonly etag: string;
}

const contentTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** The chart library's own file name; it stands beside the file that its package exports. */
const chartLibrary = "lightweight-charts.standalone.production.mjs";

const own: ReadonlyMap<string, Asset> = new Map(
  Object.entries(pageFiles).map(([name, text]) => [name, assetOf(text, name)]),
);

let chart: Promise<Asset> | undefined;

/** A file of the page by its name, or `undefined`. */
export function findAsset(name: string): Promise<Asset | undefined> {
  if (name === "lightweight-charts.js") return chart ??= loadChartLibrary(name);
  return Promise.resolve(own.get(name));
}

/**
 * Reads the chart library out of its npm package, on first use.
 *
 * The package exports only a build that needs a second package; the one that stands alone lies
 * beside it. It is imported as text and not read as a file, because an import out of a package
 * needs no read permission. The exported file is imported too, by its literal name: that is what
 * makes the package part of the program, fetched at its start and embedded by `deno compile`.
 */
async function loadChartLibrary(name: string): Promise<Asset> {
  await import("lightweight-charts", { with: { type: "text" } });
  const url = new URL(chartLibrary, import.meta.resolve("lightweight-charts"));
  const standalone = await import(url.href, { with: { type: "text" } });
  return assetOf(standalone.default, name);
}

function assetOf(text: string, name: string): Asset {
  const digest = createHash("sha256").update(text).digest("base64url").slice(0, 22);
  const extension = name.slice(name.lastIndexOf(".") + 1);
  const contentType = contentTypes[extension] ?? "text/plain; charset=utf-8";
  return { text, contentType, etag: `"${digest}"` };
}

/// <reference lib="dom" />
import type { LivePage } from "./live_page.ts";

/** A text and how it stands out. */
export interface Contrast {
  readonly text: string;
  /** Ratio of WCAG 2.2, 1 to 21; 4.5 is what its level AA asks of small text. */
  readonly ratio: number;
}

/** The contrast of each text that a reader sees, against the colour behind it. */
export function contrasts(page: LivePage): Promise<Contrast[]> {
  return page.raw.evaluate(() => {
    function channels(color: string): number[] {
      return (color.match(/[\d.]+/g) ?? []).map(Number);
    }
    function ground(element: Element | null): number[] {
      if (element === null) return [255, 255, 255];
      const color = channels(getComputedStyle(element).backgroundColor);
      return color[3] === 0 ? ground(element.parentElement) : color;
    }
    function luminance(color: number[]): number {
      const [red = 0, green = 0, blue = 0] = color.map((value) => {
        const share = value / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    }
    function ownText(element: Element): string {
      return [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)
        .map((node) => node.textContent?.trim() ?? "").join("");
    }
    return [...document.querySelectorAll("body *")]
      .filter((element) => ownText(element) !== "" && element.getClientRects().length > 0)
      .filter((element) => element.closest("[aria-hidden], #chart, tr.fresh") === null)
      .map((element) => {
        const both = [
          channels(getComputedStyle(element).color),
          ground(element),
        ].map(luminance);
        const ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
        return { text: ownText(element), ratio };
      });
  }, undefined);
}

import assert from "node:assert/strict";
import { pageFiles } from "../../../../src/http/page/files.ts";

/** What WCAG 2.2 asks of small text at level AA. */
const ratioMin = 4.5;

/** Colours of text, and every ground on which the page shows them. */
const pairs: readonly (readonly [string, readonly string[]])[] = [
  ["text", ["ground", "panel", "raised", "select"]],
  ["quiet", ["panel", "raised", "select"]],
  ["up", ["panel", "raised", "select"]],
  ["down", ["panel", "raised", "select"]],
  ["accent", ["panel", "select"]],
  ["warn", ["panel", "warn-ground"]],
  ["bad", ["panel", "bad-ground"]],
  ["good", ["panel", "good-ground"]],
];

const themes = [":root {", ':root[data-theme="dark"] {'] as const;

function colorsOf(selector: string): Map<string, string> {
  const [, rest = ""] = (pageFiles["colors.css"] ?? "").split(selector);
  const [block = ""] = rest.split("}");
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((
      [, name = "", hex = ""],
    ) => [name, hex]),
  );
}

/** @see WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function ratioOf(one: string, other: string): number {
  const both = [luminance(one), luminance(other)];
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}

Deno.test.each(
  themes.flatMap((theme) => pairs.map(([text, grounds]) => ({ theme, text, grounds }))),
)(
  "$theme $text stands out from every ground as level AA asks",
  ({ theme, text, grounds }) => {
    const colors = colorsOf(theme);
    for (const ground of grounds) {
      const [front, back] = [colors.get(text), colors.get(ground)];
      assert(front && back, `${text} on ${ground}`);
      const ratio = ratioOf(front, back);
      assert(ratio >= ratioMin, `${text} ${front} on ${ground} ${back}: ${ratio.toFixed(2)}`);
    }
  },
);

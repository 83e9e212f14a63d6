/**
 * Longest symbol, UTF-16 units: at most 384 bytes of UTF-8, as a key, in a table and in a URL.
 *
 * The longest that Finnhub lists have about 30. A log takes keys of any length, Cassandra none
 * beyond 65,535 bytes, and each copy in memory and in a header costs as much again.
 */
export const symbolCharsMax = 128;

/** Nearly all symbols and codes are printable ASCII no longer than this. */
const plainCharsMax = 32;

/**
 * Control characters, format characters (a byte order mark, marks of direction), halves of
 * surrogate pairs, and separators of lines: what no one sees, or what looks like another symbol.
 */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Tried first, as every trade has such texts: a regular expression takes ten times as long. */
function isPlain(text: string): boolean {
  if (text === "" || text.length > plainCharsMax) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** True for a text with a character that cannot be seen, or that has no UTF-8. */
export function hasInvisible(text: string): boolean {
  return !isPlain(text) && invisible.test(text);
}

/**
 * Why a text cannot be a symbol, or `undefined` if it can. The one rule for symbols wherever they
 * enter; the answer does not hold the text itself.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(symbolFault("IC MARKETS:1"), undefined);
 * assert.equal(symbolFault("\uFEFFAAPL"), "symbol has a control or format character: U+FEFF");
 * ```
 */
export function symbolFault(symbol: string): string | undefined {
  if (isPlain(symbol)) return undefined;
  if (symbol === "") return "symbol is empty";
  if (symbol.length > symbolCharsMax) {
    return `symbol is longer than ${symbolCharsMax} characters: ${symbol.length}`;
  }
  const [character] = invisible.exec(symbol) ?? [];
  if (character === undefined) return undefined;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `symbol has a control or format character: U+${code}`;
}

/** Text of a settings file as editors save it: UTF-8 or UTF-16, with or without a byte order mark. */
export function decodeEnvFile(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes), { fatal: true, ignoreBOM: false }).decode(bytes);
}

/** Every setting begins with ASCII, so the place of the first zero tells UTF-16 without a mark. */
function encodingOf([first, second]: Uint8Array): string {
  if ((first === 0xfe && second === 0xff) || first === 0) return "utf-16be";
  return (first === 0xff && second === 0xfe) || second === 0 ? "utf-16le" : "utf-8";
}

/** What a settings file says. */
export interface EnvFile {
  readonly texts: Readonly<Record<string, string>>;
  /** Lines that do not say what their writer may think, by number; never with a value. */
  readonly notes: readonly string[];
}

/** Names that may stand in the file although no program reads them. */
const foreignNames = /^(COMPOSE|DOCKER|BUILDKIT|DENO)_/;

/**
 * Reads `NAME=value` lines: with `export` or spaces around the `=`, values in quotes, `#` remarks.
 *
 * In double quotes `\"`, `\\` and `\$` stand for the second character. Without quotes a value ends
 * where white space and `#` follow it. `${NAME}` stands for a value of an earlier line, except in
 * single quotes. The last of several lines for one name counts.
 *
 * @param known Names that mean something; others get a note.
 */
export function parseEnvFile(text: string, known: readonly string[]): EnvFile {
  const texts: Record<string, string> = {};
  const notes: string[] = [];
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const note = readLine(trimmed, texts, known);
    if (note !== undefined) notes.push(`line ${index + 1} ${note}`);
  }
  return { texts, notes };
}

/** @returns What is wrong with the line: the rest of a sentence that begins with its number. */
function readLine(
  line: string,
  texts: Record<string, string>,
  known: readonly string[],
): string | undefined {
  const [, name = "", rest = ""] = /^(?:export\s+|set\s+)?([A-Za-z_][\w.-]*)\s*=(.*)$/s
    .exec(line) ?? [];
  if (name === "") return "has no effect as it must be NAME=value";
  if (!known.includes(name)) {
    return foreignNames.test(name) ? undefined : `has no effect: ${unknownName(name, known)}`;
  }
  const value = valueOf(rest, texts);
  if (value === undefined) return `has no effect: the quote of ${name} is not closed at its end`;
  const again = name in texts ? `replaces an earlier ${name}` : undefined;
  texts[name] = value;
  return again;
}

const closingQuotes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  "`": "`",
  // Word processors and phones write these.
  "\u201c": "\u201d",
  "\u2018": "\u2019",
};

/** The value after `=`; `undefined` for a quote that is not closed, or more text behind it. */
function valueOf(rest: string, texts: Readonly<Record<string, string>>): string | undefined {
  const quoted = rest.trimStart();
  const quote = quoted[0] ?? "";
  const closing = closingQuotes[quote];
  if (closing === undefined) return expanded(rest.replace(/\s+#.*$/s, "").trim(), texts);
  const [, inner, after = ""] = quotedPattern(quote, closing).exec(quoted) ?? [];
  if (inner === undefined || !/^\s*(#.*)?$/s.test(after)) return undefined;
  return quote === '"' ? unescaped(expanded(inner, texts)) : inner;
}

function quotedPattern(quote: string, closing: string): RegExp {
  return quote === '"' ? /^"((?:[^"\\]|\\.)*)"(.*)$/s : new RegExp(`^.(.*?)${closing}(.*)$`, "s");
}

/** Any other backslash is one, as in Windows' paths: no setting holds a line break. */
function unescaped(text: string): string {
  return text.replace(/\\(["\\$])/g, "$1");
}

function expanded(text: string, texts: Readonly<Record<string, string>>): string {
  return text.replace(/(?<!\\)\$\{(\w+)\}/g, (whole, name: string) => texts[name] ?? whole);
}

function unknownName(name: string, known: readonly string[]): string {
  const meant = known.find((other) => isSlipOf(name.toUpperCase(), other));
  return `${name} is no setting${meant === undefined ? "" : `, ${meant} is`}`;
}

/** True if one letter more, less or other, or another sign between words, makes them equal. */
function isSlipOf(name: string, other: string): boolean {
  const [a, b] = [name, other].map((text) => text.replaceAll(/[_.-]/g, ""))
    .toSorted((x, y) => x.length - y.length);
  if (a === undefined || b === undefined || b.length - a.length > 1) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  const rest = b.slice(same + 1);
  return a.slice(same) === rest || a.slice(same + 1) === rest;
}

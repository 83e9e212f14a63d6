/** A fenced block of a document. */
export interface Block {
  /** Path of the document, from the root. */
  readonly document: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** First word after the fence; empty for none. */
  readonly language: string;
  /** Without the fences and without their indentation. */
  readonly lines: readonly string[];
}

/** Something in a document that can be called wrong. */
export interface Passage {
  readonly document: string;
  readonly line: number;
  readonly text: string;
}

const fence = /^( *)(`{3,})(.*)$/;

/**
 * The fenced blocks of a document, in order.
 *
 * @throws {Error} If one is never closed.
 */
export function blocksOf(document: string, text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const [, indent = "", ticks, info = ""] = fence.exec(lines[i] ?? "") ?? [];
    if (ticks === undefined) continue;
    const end = lines.findIndex((line, j) => j > i && line.trim() === ticks);
    if (end < 0) throw new Error(`${document}:${i + 1}: a block that is never closed`);
    blocks.push({
      document,
      line: i + 1,
      language: info.trim().split(" ")[0] ?? "",
      lines: lines.slice(i + 1, end).map((line) => line.slice(indent.length)),
    });
    i = end;
  }
  return blocks;
}

/** What stands between single backticks outside of blocks. */
export function inlineCode(document: string, text: string): Passage[] {
  const inside = new Set(
    blocksOf(document, text).flatMap(({ line, lines }) =>
      Array.from({ length: lines.length + 2 }, (_, i) => line + i)
    ),
  );
  return text.split("\n").flatMap((content, index) => {
    if (inside.has(index + 1)) return [];
    return [...content.matchAll(/`([^`]+)`/g)]
      .map(([, code = ""]) => ({ document, line: index + 1, text: code }));
  });
}

/**
 * True if the lines of a block stand in a text, one after the other, whatever their indentation
 * there.
 */
export function isPartOf(lines: readonly string[], text: string): boolean {
  const there = text.split("\n");
  const first = lines[0] ?? "";
  return there.some((line, start) => {
    if (!line.endsWith(first)) return false;
    const indent = line.slice(0, line.length - first.length);
    if (indent.trim() !== "") return false;
    return lines.every((wanted, i) => there[start + i] === (wanted === "" ? "" : indent + wanted));
  });
}

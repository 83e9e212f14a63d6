/**
 * A text with what stands between two marks replaced: `generated: NAME`, and `generated: end`, each
 * in a line of its own, whatever makes it a comment.
 *
 * @throws {Error} If the marks are not there.
 */
export function withRegion(text: string, name: string, content: string): string {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => isMark(line, name));
  const last = lines.findIndex((line, index) => index > first && isMark(line, "end"));
  if (first < 0 || last < 0) throw new Error(`there is no "generated: ${name}" with an end`);
  return [...lines.slice(0, first + 1), content, ...lines.slice(last)].join("\n");
}

function isMark(line: string, name: string): boolean {
  return new RegExp(`^\\W*generated: ${name}\\W*$`).test(line);
}

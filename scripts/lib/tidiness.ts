/** Longest file that is still one concept, lines. */
export const fileLinesMax = 400;

/** Words that promise work instead of doing it, and tests that do not run. */
const leftovers: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\b(?:TO(?:DO)|FIX(?:ME)|X(?:XX)|HA(?:CK))\b/, why: "a leftover note" },
  { pattern: /\.test\.(?:only|ignore|skip)\b|\bonly: (?:true)\b/, why: "a test that stands alone" },
  { pattern: /\bignore: (?:true)\b/, why: "a test that never runs" },
];

/** Folders that several programs use, and people's own: the commands that fit are not known there. */
const withoutCommands = /^src\/(base|streams|level|kafka|sqlite|registry)\//;

/** What is untidy in a file, as `path:line: what` lines. */
export function untidiness(path: string, text: string): string[] {
  const lines = text.split("\n");
  const found = lines.flatMap((line, index) =>
    leftovers.filter(({ pattern }) => pattern.test(line))
      .map(({ why }) => `${path}:${index + 1}: ${why}`)
  );
  if (withoutCommands.test(path)) {
    const at = lines.findIndex((line) => line.includes("deno task"));
    if (at >= 0) found.push(`${path}:${at + 1}: a command; name the Remedy of the error instead`);
  }
  const count = text.endsWith("\n") ? lines.length - 1 : lines.length;
  if (count > fileLinesMax) found.push(`${path}:${count}: more than ${fileLinesMax} lines`);
  return found;
}

/**
 * True for files that something outside the graph starts or uses: commands, examples, tests,
 * fixtures, benches, and the entries of the package.
 */
export function isEntry(path: string): boolean {
  return /^(src|scripts)\/[^/]+\.ts$/.test(path) ||
    /_(test|bench)\.ts$/.test(path) ||
    path.startsWith("bench/") ||
    path.includes("/fixtures/") ||
    /^src\/(streams\/mod|streams\/testing\/mod|runtime\/kafka|runtime\/embedded)\.ts$/.test(path) ||
    /^docs\/examples\/[^/]+\.ts$/.test(path) ||
    /^scripts\/[^/]+\/(main|mod|child)\.ts$/.test(path);
}

/** True for entries that users or operators run: what makes code of `src` alive. */
export function isCommand(path: string): boolean {
  return isEntry(path) && !path.startsWith("tests/") && !path.endsWith("_test.ts");
}

import type { Block, Passage } from "./blocks.ts";

/** A line of a shell, taken apart. */
export interface ShellCommand extends Passage {
  /** Variables set before the words. */
  readonly env: Readonly<Record<string, string>>;
  /** The command and its arguments; none where a line only sets variables. */
  readonly words: readonly string[];
}

/** A word, parts of it in quotes or not; nothing else that a shell knows. */
const word = /\s*((?:"[^"]*"|'[^']*'|[^\s"'|&;<>`()])+)/y;

const assignment = /^([A-Z][A-Z0-9_]*)=(.*)$/;

/** The commands of a block: one on each line that is more than a remark. */
export function commandsOf({ document, line, lines }: Block): ShellCommand[] {
  return lines.flatMap((text, index) => {
    const command = text.replace(/(^|\s)# .*$/, "").trim();
    return command === ""
      ? []
      : [parseCommand({ document, line: line + 1 + index, text: command })];
  });
}

/**
 * Takes a command apart.
 *
 * @throws {Error} If it is more than words: pipes, redirections and the like.
 */
export function parseCommand(passage: Passage): ShellCommand {
  const words: string[] = [];
  word.lastIndex = 0;
  while (word.lastIndex < passage.text.length) {
    const found = word.exec(passage.text);
    if (found === null) throw new Error(`cannot be taken apart: ${passage.text}`);
    words.push((found[1] ?? "").replaceAll(/["']/g, ""));
  }
  const first = words.findIndex((text) => !assignment.test(text));
  const settings = words.slice(0, first < 0 ? words.length : first);
  return {
    ...passage,
    env: Object.fromEntries(
      settings.map((text) => (assignment.exec(text) ?? []).slice(1) as [string, string]),
    ),
    words: words.slice(settings.length),
  };
}

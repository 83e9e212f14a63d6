import { programCommand } from "../../scripts/lib/program_command.ts";

/** A command of a guide. */
export type GuideCommand =
  | { readonly kind: "cql"; readonly text: string }
  | { readonly kind: "variables"; readonly env: Readonly<Record<string, string>> }
  | {
    readonly kind: "task";
    readonly task: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };

/** What a command that ended said. */
export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * The commands of a Markdown page, by the second-level heading that they stand under.
 *
 * @throws {Error} For a line of a `sh` block that is neither `deno task …` nor `NAME=value`.
 */
export function guideCommands(markdown: string): Map<string, GuideCommand[]> {
  const sections = markdown.split(/^## /m).slice(1).map((section): [string, GuideCommand[]] => {
    const blocks = section.matchAll(/^```(sh|cql)\n([\s\S]*?)^```$/gm);
    const commands = [...blocks].flatMap(([, language, text = ""]) =>
      text.trim().split("\n").map((line) =>
        language === "cql" ? { kind: "cql" as const, text: line } : shellCommand(line)
      )
    );
    return [section.slice(0, section.indexOf("\n")), commands];
  });
  return new Map(sections);
}

function shellCommand(line: string): GuideCommand {
  const words = line.split(" ");
  const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const assignments = first === -1 ? words : words.slice(0, first);
  const env = Object.fromEntries(assignments.map((word) => word.split("=", 2)));
  if (first === -1) return { kind: "variables", env };
  const [deno, task, name = "", ...args] = words.slice(first);
  if (deno !== "deno" || task !== "task") throw new Error(`no command of a guide: ${line}`);
  return { kind: "task", task: name, args, env };
}

/** Runs a task with its own permissions, and these variables only, to its end. */
export async function runTask(
  task: "provision" | "carry-over" | "state",
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Answer> {
  const { flags, entry } = programCommand(task);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, entry, ...args],
    env: { ENV_FILE: "", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

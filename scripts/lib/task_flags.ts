import config from "../../deno.json" with { type: "json" };

/** A task of `deno.json` that runs one of the pipeline's programs. */
export type ProgramTask = "produce" | "process" | "provision" | "feed" | "record" | "start";

/** How a task runs its program: taken apart, for those who run it otherwise. */
export interface TaskFlags {
  /** Flags of `deno run`: permissions and the like, without the reading of `.env`. */
  readonly flags: readonly string[];
  /** The program's file, from the repository's root. */
  readonly entry: string;
  /** Variables that the task sets. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Takes the command of a task apart. */
export function taskFlags(task: ProgramTask): TaskFlags {
  return parseTask(config.tasks[task].command);
}

/** Takes `NAME=value… deno run FLAG… FILE` apart. */
export function parseTask(command: string): TaskFlags {
  const words = command.split(" ");
  const run = words.indexOf("run");
  const variables = words.slice(0, run - 1).map((word) => word.split("=", 2));
  return {
    flags: words.slice(run + 1, -1).filter((word) => word !== "--env-file"),
    entry: words.at(-1) ?? "",
    environment: Object.fromEntries(variables),
  };
}

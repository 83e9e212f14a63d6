import type { ProcessInstance } from "./process_instance.ts";
import type { LogEntry, Program } from "./program.ts";

/** How a start of `process` went; times in ms from the start of the process. */
export interface StartReport {
  /** Until it knew its partitions; `undefined` if it was not given any in time. */
  readonly assignedMs: number | undefined;
  /** Until its first task was running. */
  readonly runningMs: number | undefined;
  /** Until its first commit. */
  readonly committedMs: number | undefined;
  /** Changelog records that each task restored, by the task's name. */
  readonly restored: Readonly<Record<string, number>>;
}

/** Pause between two looks, ms: the error of `committedMs` is less, as commits tell their time. */
const lookMs = 25;

/** Waits for the first commit of a run, or until `msMax` have passed. */
export async function firstCommit(instance: ProcessInstance, msMax: number): Promise<StartReport> {
  const { program } = instance;
  if (program === undefined) throw new Error("the process was not started");
  let committedMs: number | undefined;
  while (committedMs === undefined && Date.now() - program.startedAtMs < msMax) {
    const commits = (await instance.tasks()).flatMap(({ last_commit: at }) => at ?? []);
    if (commits.length > 0) committedMs = Math.min(...commits) - program.startedAtMs;
    else await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  return { ...reportOf(program), committedMs };
}

function reportOf(program: Program): Omit<StartReport, "committedMs"> {
  const running = program.log.filter(({ message }) => message === "task is running");
  const assigned = program.log.find((entry) =>
    entry.message === "joined the group" && (entry["partitions"] as unknown[]).length > 0
  );
  return {
    assignedMs: sinceStart(program, assigned),
    runningMs: sinceStart(program, running[0]),
    restored: Object.fromEntries(
      running.map((entry) => [String(entry["task"]), Number(entry["restoredRecords"])]),
    ),
  };
}

function sinceStart({ startedAtMs }: Program, entry: LogEntry | undefined): number | undefined {
  return entry === undefined ? undefined : Date.parse(String(entry["time"])) - startedAtMs;
}

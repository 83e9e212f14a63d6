import { PipelineError } from "../../base/errors.ts";
import { partitionName, type TopicPartition } from "../record.ts";
import { stateVersion, type TaskMeta, type Windowing } from "./state.ts";
import type { Topology } from "../topology/topology.ts";
import { isUnlimited, type TimeWindows } from "../topology/windows.ts";

/** What the state of a job is cut into; grace and retention are no part of it, and may change. */
export function windowingOf<A>(
  { windows, rollUps }: Pick<Topology<never, A, never>, "windows" | "rollUps">,
): Windowing {
  const advanceMs = advanceOf(windows);
  return [windows.sizeMs, advanceMs, ...rollUps.levels.map(({ sizeMs }) => sizeMs)];
}

/** One that says of what kind they are. */
function advanceOf({ advanceMs, sessions, sliding }: TimeWindows): number {
  if (sessions === true) return 0;
  return sliding === true ? -advanceMs : advanceMs;
}

/**
 * Keeps a program from misreading the state of another version of it.
 *
 * @throws {PipelineError} `STATE_UNREADABLE` if the state is of another version.
 */
export function refuseOtherVersion(input: TopicPartition, { stateVersion: had }: TaskMeta): void {
  if (had === stateVersion) return;
  throw new PipelineError(
    "STATE_UNREADABLE",
    `Cannot continue with ${
      partitionName(input)
    } as its state must be of version ${stateVersion}: ` +
      `it is of version ${had}; start the version of the program that wrote it`,
    { context: { ...input, state: had, program: stateVersion }, remedy: "reset" },
  );
}

/**
 * Keeps a job from taking the windows of another for its own, when its lengths were changed.
 *
 * @param had Of the state; none while there are no windows in it.
 * @param have Of the job.
 * @throws {PipelineError} `STATE_UNREADABLE` if the state says other lengths.
 */
export function refuseOtherWindowing(
  input: TopicPartition,
  had: Windowing,
  have: Windowing,
): void {
  if (had.length === 0 || String(had) === String(have)) return;
  throw new PipelineError(
    "STATE_UNREADABLE",
    `Cannot continue with ${partitionName(input)} as its state holds ${
      textOf(had)
    }: this job has ` +
      `${textOf(have)}; run the job as it was, or as another application with tables of its own`,
    { context: { ...input, state: textOf(had), job: textOf(have) } },
  );
}

function textOf([sizeMs = 0, advanceMs = 0, ...levels]: Windowing): string {
  if (isUnlimited({ sizeMs })) return "a value per key, without windows";
  if (advanceMs < 0) return `sliding windows of ${sizeMs + advanceMs} ms by ${-advanceMs} ms`;
  if (advanceMs === 0) return `sessions with a gap of ${sizeMs} ms`;
  const windows = `windows of ${sizeMs} ms every ${advanceMs} ms`;
  return levels.length === 0 ? windows : `${windows} rolled up to ${levels.join(", ")} ms`;
}

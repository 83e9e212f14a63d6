import { isAborted, PipelineError } from "../../../src/base/errors.ts";
import type { TopicPartition } from "../../../src/streams/record.ts";

/** A promise of the engine that was broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Failures of the world that the simulation makes; any other is the engine's. */
const expectedFailures: readonly string[] = [
  "LOG_UNAVAILABLE",
  "COMMIT_UNKNOWN",
  "SINK_UNAVAILABLE",
  "LOG_FENCED",
  "STORE_LOCKED",
  "STORE_CORRUPT",
  "STORE_UNAVAILABLE",
];

/** What was found wrong, and what is wrong with any job: who works where, and what fails. */
export class Findings {
  readonly #owners = new Map<number, string>();
  /** The first broken promise. */
  violation: Violation | undefined;

  /** G4: a process works only on what the group lets it believe is its own. */
  works(process: string, { partition }: TopicPartition, believed: ReadonlySet<number>): void {
    this.check(believed.has(partition), `G4 ${process} works on ${partition}, told to let it go`);
  }

  fenced(process: string, { partition }: TopicPartition): void {
    this.#owners.set(partition, process);
  }

  /** G4: only who fenced a partition last commits it. */
  committed(process: string, { partition }: TopicPartition): void {
    const owner = this.#owners.get(partition);
    this.check(owner === process, `G4 ${process} committed ${partition}, fenced by ${owner}`);
  }

  /** A session ended: with a failure of the world, or the engine has a bug. */
  failed(process: string, { partition }: TopicPartition, error: unknown): void {
    const code = error instanceof PipelineError ? error.code : undefined;
    // Whatever fails otherwise says that it is simulated.
    const isOpen = error instanceof Error && error.message.endsWith(": in use");
    this.check(!isOpen, `G2 store: ${process} opened that of ${partition} a second time`);
    if (isAborted(error) || (code !== undefined && expectedFailures.includes(code))) return;
    this.break(`engine: task ${partition} of ${process} failed: ${textOf(error)}`);
  }

  /** A process ended by itself. */
  refused(process: string, error: unknown): void {
    this.break(`engine: ${process} ended: ${textOf(error)}`);
  }

  same(what: string, got: readonly string[], expected: readonly string[]): void {
    const at = got.findIndex((text, i) => text !== expected[i]);
    const wrong = at >= 0 || got.length !== expected.length;
    const where = at >= 0 ? at : Math.min(got.length, expected.length);
    this.check(!wrong, `${what}: item ${where} is ${got[where]}, not ${expected[where]}`);
  }

  check(holds: boolean, otherwise: string): void {
    if (!holds) this.break(otherwise);
  }

  break(what: string): void {
    this.violation ??= new Violation(what);
  }

  guard(audit: () => void): void {
    try {
      audit();
    } catch (error) {
      this.break(`audit: ${error instanceof Error ? error.stack : error}`);
    }
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? `${error.stack}` : `${error.stack}, as ${textOf(error.cause)}`;
}

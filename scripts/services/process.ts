import type { Clock } from "../../src/base/clock.ts";
import { assert } from "../../src/base/assert.ts";

/** Milliseconds after SIGTERM before SIGKILL. */
const TERM_GRACE_MS = 20_000;
/** Milliseconds after SIGKILL before giving up. */
const KILL_GRACE_MS = 5_000;
const POLL_MS = 100;

/** A process that can be found again later, even by another program. */
export interface ProcessHandle {
  readonly pid: number;
  /** When it started, as the system tells it: another process with the same pid has another. */
  readonly started: string;
}

/** What to run; output goes to the end of `log`, an absolute path. */
export interface SpawnRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly log: string;
}

/** Runs `"$@"` in the background and tells its process id; the first argument is the log. */
const LAUNCHER = 'log=$1; shift; "$@" >>"$log" 2>&1 </dev/null & echo $!';

/**
 * Starts a process in a session of its own: it outlives this program and its terminal.
 *
 * A short-lived shell in between makes it a child of the system, not of this program: whoever
 * ends first, nothing is left to collect.
 *
 * @throws {InvariantError} If there is no shell.
 */
export async function spawnDetached(request: SpawnRequest): Promise<ProcessHandle> {
  // `Command.output()` would leave it in the session of this program.
  const shell = new Deno.Command("/bin/sh", {
    args: ["-c", LAUNCHER, "launcher", request.log, request.command, ...request.args],
    cwd: request.cwd,
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const pid = Number(new TextDecoder().decode((await shell.output()).stdout));
  assert(Number.isSafeInteger(pid) && pid > 1, `${request.command} has no process id`);
  return { pid, started: await processStart(pid) ?? "ended" };
}

/** True while that very process runs. */
export async function isRunning(handle: ProcessHandle): Promise<boolean> {
  return await processStart(handle.pid) === handle.started;
}

/**
 * Ends a process: asks, waits, then insists.
 *
 * @returns How it ended; `absent` if it was not running.
 */
export async function stopProcess(
  handle: ProcessHandle,
  clock: Clock,
): Promise<"absent" | "terminated" | "killed"> {
  if (!await isRunning(handle)) return "absent";
  signalProcess(handle, "SIGTERM");
  signalProcess(handle, "SIGCONT");
  if (await waitForEnd(handle, clock, TERM_GRACE_MS)) return "terminated";
  await killProcess(handle, clock);
  return "killed";
}

/** Ends a process without a chance to tidy up. */
export async function killProcess(handle: ProcessHandle, clock: Clock): Promise<void> {
  if (!await isRunning(handle)) return;
  signalProcess(handle, "SIGKILL");
  const ended = await waitForEnd(handle, clock, KILL_GRACE_MS);
  assert(ended, `process ${handle.pid} survived SIGKILL for ${KILL_GRACE_MS} ms`);
}

/** Sends a signal; a process that has just ended is no error. */
export function signalProcess(handle: ProcessHandle, signal: Deno.Signal): void {
  try {
    Deno.kill(handle.pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function waitForEnd(handle: ProcessHandle, clock: Clock, boundMs: number): Promise<boolean> {
  const endMs = clock.monotonicMs() + boundMs;
  while (await isRunning(handle)) {
    if (clock.monotonicMs() >= endMs) return false;
    await clock.sleep(POLL_MS);
  }
  return true;
}

/** When a process started, in the system's words; `undefined` if there is none or it is dead. */
async function processStart(pid: number): Promise<string | undefined> {
  return Deno.build.os === "linux" ? await startFromProc(pid) : await startFromPs(pid);
}

async function startFromProc(pid: number): Promise<string | undefined> {
  const stat = await readStat(`/proc/${pid}`);
  const ticks = stat && parseProcStat(stat);
  if (ticks === undefined) return undefined;
  const boot = await Deno.readTextFile("/proc/sys/kernel/random/boot_id");
  return `${boot.trim()}/${ticks}`;
}

/** What Linux says of a process or thread, by its folder; `undefined` if there is none any more. */
export async function readStat(folder: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(`${folder}/stat`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    // The process ended between opening and reading: the system says "no such process".
    if (error instanceof Error && error.message.includes("os error 3")) return undefined;
    throw error;
  }
}

/**
 * Start time in clock ticks since boot from the text of `/proc/<pid>/stat`.
 *
 * A process whose first thread has ended counts as running while it has others: they hold its
 * ports and files.
 *
 * @returns `undefined` for a process that has ended and only waits to be collected.
 * @see proc_pid_stat(5): after the name come state (3rd field), num_threads (20th), starttime (22nd).
 */
export function parseProcStat(text: string): string | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ended = fields[0] === "Z" || fields[0] === "X";
  return ended && Number(fields[17]) <= 1 ? undefined : fields[19];
}

async function startFromPs(pid: number): Promise<string | undefined> {
  const args = ["-o", "stat=,lstart=", "-p", String(pid)];
  const { success, stdout } = await new Deno.Command("ps", { args, env: { LC_ALL: "C" } }).output();
  const [, stat, started] = /^\s*(\S+)\s+(.+?)\s*$/.exec(new TextDecoder().decode(stdout)) ?? [];
  return success && stat?.startsWith("Z") === false ? started : undefined;
}

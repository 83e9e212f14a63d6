import { readStat } from "../../scripts/services/process.ts";
import { until } from "./until.ts";

/** How long a process may take to stop on a busy machine. */
const stopMsMax = 10_000;

/**
 * Holds a process still with SIGSTOP, and waits until none of its threads runs any more: the signal
 * is taken by one thread when that is given a processor, and until then the others continue.
 *
 * @throws {Error} if one still runs after ten seconds.
 * @see signal(7), and proc_pid_stat(5) for the states.
 */
export async function holdStill(pid: number): Promise<void> {
  Deno.kill(pid, "SIGSTOP");
  const what = `no thread of ${pid} runs after SIGSTOP`;
  await until(() => isHeld(pid), { what, msMax: stopMsMax, lookMs: 1 });
}

async function isHeld(pid: number): Promise<boolean> {
  if (Deno.build.os !== "linux") {
    const args = ["-o", "stat=", "-p", String(pid)];
    const { stdout } = await new Deno.Command("ps", { args }).output();
    return new TextDecoder().decode(stdout).trim().startsWith("T");
  }
  for await (const thread of Deno.readDir(`/proc/${pid}/task`)) {
    const stat = await readStat(`/proc/${pid}/task/${thread.name}`);
    // One that has ended by now runs no more, either.
    if (stat !== undefined && stat[stat.lastIndexOf(")") + 2] !== "T") return false;
  }
  return true;
}

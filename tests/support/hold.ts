/** How long a process may take to stop on a busy machine. */
const stopMsMax = 10_000;

/**
 * Holds a process still with SIGSTOP, and waits until none of its threads runs any more: the signal
 * is taken by one thread when that is given a processor, and until then the others go on.
 *
 * @throws {Error} if one still runs after ten seconds.
 * @see signal(7), and proc_pid_stat(5) for the states.
 */
export async function holdStill(pid: number): Promise<void> {
  Deno.kill(pid, "SIGSTOP");
  const deadline = AbortSignal.timeout(stopMsMax);
  while (!await isHeld(pid)) {
    if (deadline.aborted) throw new Error(`process ${pid} goes on after SIGSTOP`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function isHeld(pid: number): Promise<boolean> {
  if (Deno.build.os !== "linux") {
    const args = ["-o", "stat=", "-p", String(pid)];
    const { stdout } = await new Deno.Command("ps", { args }).output();
    return new TextDecoder().decode(stdout).trim().startsWith("T");
  }
  for await (const thread of Deno.readDir(`/proc/${pid}/task`)) {
    if (await threadState(pid, thread.name) !== "T") return false;
  }
  return true;
}

/** Its letter; that of a thread which is held if it has ended by now. */
async function threadState(pid: number, thread: string): Promise<string | undefined> {
  try {
    const text = await Deno.readTextFile(`/proc/${pid}/task/${thread}/stat`);
    return text.slice(text.lastIndexOf(")") + 2)[0];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "T";
    throw error;
  }
}

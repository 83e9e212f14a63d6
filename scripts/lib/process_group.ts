/** How long processes may take to end in order, ms: programs drain for ten seconds. */
const endMsMax = 12_000;
const pollMs = 50;

/**
 * Runs a command and waits for the end of it and of whatever it has started: all of them are asked
 * to end when the signal fires, and what is left when the command has ended is, too.
 *
 * @returns Its exit code.
 */
export async function runAsGroup(
  program: string,
  options: Pick<Deno.CommandOptions, "args" | "cwd" | "env" | "stdin">,
  signal: AbortSignal,
): Promise<number> {
  const child = new Deno.Command(program, { ...options, detached: true }).spawn();
  let ending: Promise<void> | undefined;
  const end = () => ending ??= endGroup(child);
  const onAbort = () => void end();
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  const { code } = await child.status;
  signal.removeEventListener("abort", onAbort);
  await end();
  return code;
}

async function endGroup(child: Deno.ChildProcess): Promise<void> {
  if (!signalGroup(child, "SIGTERM")) return;
  for (let waitedMs = 0; waitedMs < endMsMax; waitedMs += pollMs) {
    await new Promise((resolve) => setTimeout(resolve, pollMs));
    // It changes nothing: the answer is what is asked for.
    if (!signalGroup(child, "SIGCONT")) return;
  }
  signalGroup(child, "SIGKILL");
}

/** @returns False where no process of the group is left. */
function signalGroup(child: Deno.ChildProcess, signal: Deno.Signal): boolean {
  try {
    if (Deno.build.os === "windows") child.kill();
    else Deno.kill(-child.pid, signal);
    return Deno.build.os !== "windows";
  } catch {
    // As a process that has ended; on Windows that is a TypeError.
    return false;
  }
}

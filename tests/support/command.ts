import { root } from "../../scripts/lib/source_files.ts";

/** A check of health that takes longer has failed, as in the compose file; ms. */
const msMax = 15_000;

/** True if a command can be run here and ends well, soon. */
export async function isRunnable(command: string, args: readonly string[]): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(msMax);
    const child = new Deno.Command(command, { args: [...args], stdin: "null", signal });
    return (await child.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * What a command prints, run in the repository's folder.
 *
 * @throws {Error} With what it said, if it fails.
 */
export async function outputOf(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = new Deno.Command(command, { args: [...args], env, cwd: root, stdin: "null" });
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../scripts/recompute_windows.ts", import.meta.url));

/** Runs the independent recomputation; gives its report. */
export async function recompute(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly equal: boolean; readonly report: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", script, ...args],
    env: { NODE_OPTIONS: "--no-warnings", ...env },
  }).output();
  const decoder = new TextDecoder();
  return { equal: code === 0, report: decoder.decode(stdout) + decoder.decode(stderr) };
}

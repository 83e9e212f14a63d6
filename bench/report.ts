import { join } from "node:path";
import { root } from "../scripts/lib/source_files.ts";

/** File of the repository in which measurements put what they found. */
export const reportPath: string = join(root, "docs", "BENCHMARKS.md");

/** Replaces a part of `docs/BENCHMARKS.md`, which stands between `<!-- NAME -->` and `<!-- /NAME -->`. */
export async function writePart(name: string, text: string): Promise<void> {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const report = await Deno.readTextFile(reportPath);
  const [before, rest] = report.split(begin);
  const part = `${begin}\n\n${text.trim()}\n\n${end}`;
  const after = rest?.split(end)[1];
  const whole = after === undefined ? `${report.trim()}\n\n${part}\n` : `${before}${part}${after}`;
  await Deno.writeTextFile(reportPath, whole);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", reportPath] }).output();
}

/** What was measured on: cores, processor, and today. */
export async function surroundings(): Promise<{ readonly machine: string; readonly day: string }> {
  const text = await Deno.readTextFile("/proc/cpuinfo");
  const processor = /model name\s*: (.*)/.exec(text)?.[1] ?? "unknown";
  return {
    machine: `${navigator.hardwareConcurrency} cores (${processor})`,
    day: new Date().toISOString().slice(0, 10),
  };
}

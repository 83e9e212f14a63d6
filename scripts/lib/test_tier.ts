import { join } from "node:path";
import { filterVariable } from "../../tests/support/filter.ts";
import { printError } from "./print.ts";
import { runAsGroup } from "./process_group.ts";
import { root, sourceFiles } from "./source_files.ts";
import { countsOf, noTests, type TestCounts, withExitCode } from "./test_counts.ts";

/** Longest run of a tier, ms: a test that hangs is a failure, and the rest still gets its turn. */
export const tierMsMax: number = 40 * 60_000;

/** Tests that run in one process, with the same permissions. */
export interface TestTier {
  readonly title: string;
  /** Folders with files `*_test.ts`, or such files, from the root; what is not there is left out. */
  readonly folders: readonly string[];
  /** Arguments of `deno test` before the folders. */
  readonly args: readonly string[];
  /** Files at a time, with `--parallel`; one for each core without it. */
  readonly workers?: number;
  /** Command that runs `deno test` for them, with its arguments. */
  readonly within?: readonly string[];
}

/** How a tier is run. */
export interface RunOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Part of test names, or a `/pattern/`. */
  readonly filter: string | undefined;
  /** Stops the tests. */
  readonly signal: AbortSignal;
}

/** Runs a tier and counts its tests; their output goes where ours goes. */
export async function runTier(tier: TestTier, options: RunOptions): Promise<TestCounts> {
  const folders = await inhabited(tier.folders);
  if (folders.length === 0) return noTests;
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { filter: wanted } = options;
    const filter = wanted === undefined ? [] : ["--filter", wanted];
    const told = {
      ...wanted === undefined ? {} : { [filterVariable]: wanted },
      ...tier.workers === undefined ? {} : { DENO_JOBS: String(tier.workers) },
    };
    const [program = "", ...args] = [...tier.within ?? [], Deno.execPath(), "test", "--no-prompt"];
    const command = {
      args: [...args, `--junit-path=${report}`, ...tier.args, ...filter, ...folders],
      cwd: root,
      // kafkajs makes the runtime warn of negative timeouts, which it then handles.
      env: { NODE_OPTIONS: "--no-warnings", ...told, ...options.env },
      stdin: "null" as const,
    };
    const code = await stoppedInTime(
      options.signal,
      (signal) => runAsGroup(program, command, signal),
    );
    const counts = withExitCode(countsOf(await Deno.readTextFile(report)), code);
    // The report calls skipped what the filter left out, too.
    return options.filter === undefined ? counts : { ...counts, skipped: 0 };
  } finally {
    await Deno.remove(report);
  }
}

async function inhabited(folders: readonly string[]): Promise<string[]> {
  const files = await sourceFiles([".ts"]);
  return folders.filter((folder) => files.some((path) => `${path}/`.startsWith(`${folder}/`)))
    .map((folder) => join(root, folder));
}

/** Stops the tests when they are stopped from outside, or take too long. */
async function stoppedInTime<T>(
  stopped: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const overdue = new AbortController();
  const timer = setTimeout(() => {
    printError(`Stopped as tests must end within ${tierMsMax / 60_000} minutes: see the last one`);
    overdue.abort();
  }, tierMsMax);
  try {
    return await run(AbortSignal.any([stopped, overdue.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * `deno task test [--only unit|integration] [--filter TEXT]`: all tests, counted.
 *
 * Pure tests run without any permission. Kafka, the registry and Cassandra are started for the
 * others, once, and stopped at the end, also after a failure and after Ctrl-C. Where they cannot be
 * started their tests are skipped, and the last lines say why; with `CI=true` that is a failure.
 */
import { parseArgs } from "node:util";
import { print, printError } from "./lib/print.ts";
import { noTests, sum, summaryLine, type TestCounts } from "./lib/test_counts.ts";
import { startTestServices } from "./lib/test_services.ts";
import { type RunOptions, runTier, type TestTier } from "./lib/test_tier.ts";

const reporter = `--reporter=${Deno.stdout.isTerminal() ? "dot" : "pretty"}`;

const unit: readonly TestTier[] = [
  {
    title: "Pure tests, without permissions",
    folders: ["tests/unit", "tests/property", "tests/golden"],
    args: [reporter],
  },
  {
    title: "Examples in the documentation",
    folders: ["src"],
    // Examples import more than they use, which the compiler would refuse.
    args: [reporter, "--doc", "--no-check", "--permit-no-files"],
  },
];

const integration: TestTier = {
  title: "Tests of files, sockets, processes and real services",
  folders: ["tests/integration", "tests/fault"],
  args: ["--allow-all"],
};

interface Wanted {
  readonly unit: boolean;
  readonly integration: boolean;
  readonly filter: string | undefined;
}

function readArguments(): Wanted {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: { only: { type: "string" }, filter: { type: "string" } },
    });
    const { only, filter } = values;
    if (only === undefined || only === "unit" || only === "integration") {
      return { unit: only !== "integration", integration: only !== "unit", filter };
    }
    throw new TypeError(`--only must be unit or integration: received "${only}"`);
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    return Deno.exit(2);
  }
}

async function runTiers(tiers: readonly TestTier[], options: RunOptions): Promise<TestCounts> {
  const counts: TestCounts[] = [];
  for (const tier of tiers) {
    if (options.signal.aborted) break;
    print(`\n${tier.title}`);
    counts.push(await runTier(tier, options));
  }
  return sum(counts);
}

/** Runs what needs real services, and says what could not be run. */
async function runIntegration(options: RunOptions): Promise<TestCounts> {
  if (options.signal.aborted) return noTests;
  print("\nStarting Kafka, schema registry and Cassandra for the tests");
  await using services = await startTestServices(print);
  const env = { ...options.env, ...services.env };
  const counts = await runTiers([integration], { ...options, env });
  if (services.missing === undefined) return counts;
  printError(`\nNot run: the tests of real services, as these cannot run: ${services.missing}`);
  return Deno.env.get("CI") === "true" ? { ...counts, failed: counts.failed + 1 } : counts;
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os === "windows" && name === "SIGTERM") continue;
    Deno.addSignalListener(name, () => controller.abort());
  }
  return controller.signal;
}

const wanted = readArguments();
const options: RunOptions = { env: {}, filter: wanted.filter, signal: stopSignal() };
const counts = sum([
  wanted.unit ? await runTiers(unit, options) : noTests,
  wanted.integration ? await runIntegration(options) : noTests,
]);
if (counts.passed + counts.failed === 0) printError("\nNo test was run");
print(`\n${summaryLine(counts)}`);
Deno.exit(counts.failed === 0 && counts.passed > 0 && !options.signal.aborted ? 0 : 1);

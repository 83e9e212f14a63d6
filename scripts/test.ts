/**
 * `deno task test [--only unit|fuzz|grafana|integration|browser] [--filter TEXT]`: all tests, counted.
 *
 * Pure tests run without any permission, those of descriptions may read. Kafka, the registry and Cassandra are started for the
 * others, once, and stopped at the end, also after a failure and after Ctrl-C. The page is tested in
 * a Chromium that is on the PATH, that of `process` where the services are. Where any of these cannot be had their tests are not run, and the
 * last lines say why; with `CI=true` that is a failure.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { print, printError } from "./lib/print.ts";
import { root } from "./lib/source_files.ts";
import { findBrowser } from "./lib/test_browser.ts";
import { wantedOrExit } from "./lib/wanted.ts";
import { noTests, sum, summaryLine, type TestCounts } from "./lib/test_counts.ts";
import { kafkaVersions } from "./services/kafka.ts";
import { startTestServices } from "./lib/test_services.ts";
import { type RunOptions, runTier, type TestTier } from "./lib/test_tier.ts";

const reporter = `--reporter=${Deno.stdout.isTerminal() ? "dot" : "pretty"}`;

const unit: readonly TestTier[] = [
  {
    title: "Pure tests, without permissions",
    folders: ["tests/unit", "tests/property", "tests/golden", "docs/examples"],
    args: [reporter, "--parallel"],
  },
  {
    title: "Examples in the documentation",
    folders: ["src"],
    // Examples import more than they use, which the compiler would refuse.
    args: [reporter, "--doc", "--no-check", "--permit-no-files"],
  },
  {
    title: "Descriptions of HTTP and topics against their standards",
    folders: ["tests/schemas"],
    // A deno.json of its own, so that only those who run these tests fetch the validators; the
    // types are checked with all others.
    args: [reporter, "--allow-read", "--no-check", "--config=tests/schemas/deno.json"],
  },
  {
    title: "Rules by which mutants are made",
    folders: ["tests/mutants"],
    // The same for the compiler, which reads its environment.
    args: [
      reporter,
      "--allow-read",
      "--allow-env",
      "--no-check",
      "--config=scripts/promises/deno.json",
    ],
  },
];

const fuzz: TestTier = {
  title: "Hostile inputs at every entrance, a hundred thousand each, without permissions",
  folders: ["tests/fuzz"],
  args: [reporter, "--parallel"],
};

const grafana: TestTier = {
  title: "What is read on the dashboards, by Grafana's own code",
  folders: ["tests/grafana"],
  // As for the browser: a deno.json of its own.
  args: [reporter, "--allow-all", "--no-check", "--config=tests/grafana/deno.json"],
};

const integration: readonly TestTier[] = [
  {
    title: "Tests of files, sockets, processes and real services",
    folders: ["tests/integration", "tests/fault"],
    // What breaks services has a set of its own. Types are checked by `static`, as all others.
    args: ["--allow-all", "--no-check", "--parallel"],
    // Most of these tests wait for half of their time.
    workers: navigator.hardwareConcurrency + 1,
  },
  {
    title: "Tests that measure, with the machine to themselves",
    folders: ["tests/timed"],
    args: ["--allow-all", "--no-check"],
  },
];

const browser: TestTier = {
  title: "Tests of the page in a browser",
  folders: ["tests/browser"],
  // A deno.json of its own, so that only those who run these tests fetch the remote control; the
  // types are checked with all others.
  args: ["--allow-all", "--no-check", "--config=tests/browser/deno.json"],
};

/** What depends on the broker: the adapter's contract, its faults, what it speaks and what it tells of topics. */
const kafkaSuites: TestTier = {
  title: "Tests of the Kafka adapter",
  folders: [
    "contract",
    "faults",
    "transactions",
    "versions",
    "codecs",
    "late_broker",
    "lineage",
    "lost_tail",
    "stray_member",
  ].map((suite) => `tests/integration/kafka_${suite}_test.ts`),
  args: ["--allow-all"],
};

/** The package in Node and Bun, which are fetched for it: 300 MB. */
const installed: TestTier = {
  title: "Tests of the package as it is installed",
  folders: ["tests/package"],
  args: ["--allow-all"],
};

/** Queries whose processes are killed again and again. */
const nexmark: TestTier = {
  title: "Tests of the Nexmark queries",
  folders: ["tests/nexmark"],
  args: ["--allow-all"],
};

/** Whatever they start and connect ends with these namespaces. */
const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

const images: TestTier = {
  title: "Tests of the images, without a container engine",
  folders: ["tests/images"],
  args: ["--allow-all"],
  within: ["unshare", ...namespaces],
};

/** Tiers whose tests find the real services. */
type ServedTier = "integration" | "browser";

const servedTiers: Record<ServedTier, (options: RunOptions) => Promise<TestCounts>> = {
  integration: (options) => runTiers(integration, options),
  browser: runBrowser,
};

/** What `deno task test` runs. */
const always = ["unit", "fuzz", "grafana", "integration", "browser"] as const;
const tierNames = [...always, "kafka-versions", "package", "nexmark", "images"] as const;

const help = `All tests, counted; those of real services and of the page where these can be had.

Usage: deno task test [options]

  --only TIER     ${tierNames.join(", ")}
                  (default all but the last four, which run the tests of the Kafka
                  adapter on ${kafkaVersions.older.join(" and ")}, the package in Node and Bun,
                  the Nexmark queries under kills, and what compose starts, without
                  a container engine)
  --filter TEXT   only tests with this text in their names, or like /PATTERN/
  --help          this text

Exit codes: 0 all passed, 1 a test failed or none was run, 2 wrong arguments.`;

interface Wanted {
  readonly tiers: readonly (typeof tierNames[number])[];
  readonly filter: string | undefined;
  readonly help: boolean;
}

/** @throws {TypeError} Naming the argument and its form. */
function readArguments(args: string[]): Wanted {
  const { values: { only, filter, help } } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      filter: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const tiers = only === undefined ? always : tierNames.filter((name) => name === only);
  if (tiers.length > 0) return { tiers, filter, help };
  throw new TypeError(`--only must be one of ${tierNames.join(", ")}: received "${only}"`);
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

/** Starts what the tests of some tiers need, runs them, and says what could not be run. */
async function runWithServices(
  tiers: readonly ServedTier[],
  options: RunOptions,
): Promise<TestCounts> {
  if (tiers.length === 0 || options.signal.aborted) return noTests;
  print("\nStarting Kafka, schema registry and Cassandra for the tests");
  await using services = await startTestServices(print);
  const env = { ...options.env, ...services.env };
  const counts: TestCounts[] = [];
  for (const tier of tiers) counts.push(await servedTiers[tier]({ ...options, env }));
  if (services.missing === undefined) return sum(counts);
  return notRun(
    sum(counts),
    `the tests of real services, as these cannot run: ${services.missing}`,
  );
}

/** Runs what needs a browser, or says that there is none. */
async function runBrowser(options: RunOptions): Promise<TestCounts> {
  if (await findBrowser() !== undefined) return await runTiers([browser], options);
  return notRun(noTests, "the tests of the page, as no Chromium is on the PATH: install chromium");
}

/** Runs what depends on the broker on each of the older Kafkas. */
async function runKafkaVersions(options: RunOptions): Promise<TestCounts> {
  const counts: TestCounts[] = [];
  for (const kafkaVersion of kafkaVersions.older) {
    if (options.signal.aborted) break;
    print(`\nStarting Kafka ${kafkaVersion} for the tests`);
    await using services = await startTestServices(print, { kafkaVersion, services: ["kafka"] });
    const env = { ...options.env, ...services.env };
    if (services.missing === undefined) {
      counts.push(await runTiers([kafkaSuites], { ...options, env }));
    } else counts.push(notRun(noTests, `those of Kafka ${kafkaVersion}: ${services.missing}`));
  }
  return sum(counts);
}

/** Runs tests that need a Kafka and nothing else. */
async function runOverKafka(tier: TestTier, options: RunOptions): Promise<TestCounts> {
  print("\nStarting Kafka for the tests");
  await using services = await startTestServices(print, { services: ["kafka"] });
  if (services.missing !== undefined) {
    return notRun(noTests, `${tier.title}: ${services.missing}`);
  }
  return await runTiers([tier], { ...options, env: { ...options.env, ...services.env } });
}

/** Builds the images, which takes the network, and runs them where there is none but their own. */
async function runImages(options: RunOptions): Promise<TestCounts> {
  const missing = await imagesNeed();
  if (missing !== undefined) return notRun(noTests, `the tests of the images: ${missing}`);
  const folder = join(root, ".services", "images");
  const build = new Deno.Command("unshare", {
    args: ["--mount", Deno.execPath(), "run", "-A", "scripts/build_images.ts", folder],
    cwd: root,
  });
  if (!(await build.spawn().status).success) return { ...noTests, failed: 1 };
  return await runTiers([images], { ...options, env: { ...options.env, IMAGES: folder } });
}

/** What is missing to run images, if anything is. */
async function imagesNeed(): Promise<string | undefined> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return "they need Linux and root";
  for (const command of ["debootstrap", "bwrap", "ip", "nsenter", "jlink"]) {
    const { success } = await new Deno.Command("which", { args: [command], stdout: "null" })
      .output();
    if (!success) {
      return `${command} must be installed (debootstrap, bubblewrap, iproute2, a JDK 17)`;
    }
  }
  return undefined;
}

function isCi(): boolean {
  return Deno.env.get("CI") === "true";
}

/** Says what was left out, which in CI is a failure. */
function notRun(counts: TestCounts, what: string): TestCounts {
  printError(`\nNot run: ${what}`);
  return isCi() ? { ...counts, failed: counts.failed + 1 } : counts;
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    if (Deno.build.os === "windows" && name !== "SIGINT") continue;
    Deno.addSignalListener(name, () => controller.abort());
  }
  return controller.signal;
}

const wanted = wantedOrExit(() => readArguments(Deno.args));
if (wanted.help) {
  print(help);
  Deno.exit(0);
}
const options: RunOptions = { env: {}, filter: wanted.filter, signal: stopSignal() };
const served = wanted.tiers.filter((tier) => tier === "integration" || tier === "browser");
const pureTiers = [
  ...(wanted.tiers.includes("unit") ? unit : []),
  ...(wanted.tiers.includes("fuzz") ? [fuzz] : []),
  ...(wanted.tiers.includes("grafana") ? [grafana] : []),
];
const pure = await runTiers(pureTiers, options);
const withServices = await runWithServices(served, options);
const older = wanted.tiers.includes("kafka-versions") ? await runKafkaVersions(options) : noTests;
const overKafka: TestCounts[] = [];
for (const [name, tier] of [["package", installed], ["nexmark", nexmark]] as const) {
  if (wanted.tiers.includes(name)) overKafka.push(await runOverKafka(tier, options));
}
const ofImages = wanted.tiers.includes("images") ? await runImages(options) : noTests;
const counts = sum([pure, withServices, older, ...overKafka, ofImages]);
if (counts.passed + counts.failed === 0) printError("\nNo test was run");
print(`\n${summaryLine(counts)}`);
Deno.exit(counts.failed === 0 && counts.passed > 0 && !options.signal.aborted ? 0 : 1);

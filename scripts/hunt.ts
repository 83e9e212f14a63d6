/**
 * `deno task dev hunt [--seeds N] [--from S | --fresh] [--kind K]`: simulated disasters until one breaks a
 * promise of the engine: of each seed one of the counting job, and one of a job that it draws. Prints
 * the seed that did, the job, and what led to it.
 */
import { parseArgs } from "node:util";
import { systemClock } from "../src/base/clock.ts";
import { faultKinds } from "../tests/support/simulation/chaos.ts";
import { describeOutcome, simulate } from "../tests/support/simulation/simulate.ts";
import { type WorldKind, worldKinds } from "../tests/support/simulation/world.ts";
import { freshSeed } from "./lib/fresh_seed.ts";
import { print, printError } from "./lib/print.ts";
import { wantedOrExit } from "./lib/wanted.ts";

const help = `Simulated disasters until one breaks a promise of the engine.

Usage: deno task dev hunt [options]

  --seeds N   how many                 (default 10000)
  --from S    the first seed           (default 1)
  --fresh     from a seed drawn now, which is printed
  --kind K    counting: a job that counts, in one of its shapes; graph: one that the seed draws
              from the engine's operators  (default: both of each seed)
  --help      this text

Exit codes: 0 no violation, 1 a violation with its seed and what led to it, 2 wrong arguments.`;

/** Seeds between two lines of progress. */
const progressSeeds = 1_000;
const seedsPerTurn = 20;

interface Wanted {
  readonly seeds: number;
  readonly from: number;
  readonly kinds: readonly WorldKind[];
  readonly help: boolean;
}

/** @throws {TypeError} Naming the argument and its form. */
function readArguments(args: string[]): Wanted {
  const { values } = parseArgs({
    args,
    options: {
      seeds: { type: "string", default: "10000" },
      from: { type: "string", default: "1" },
      fresh: { type: "boolean", default: false },
      kind: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const [seeds, from] = [Number(values.seeds), values.fresh ? freshSeed() : Number(values.from)];
  const kinds = worldKinds.filter((kind) => kind === (values.kind ?? kind));
  if (kinds.length === 0) throw new TypeError(`--kind must be one of ${worldKinds.join(", ")}`);
  if (Number.isSafeInteger(seeds) && seeds > 0 && Number.isSafeInteger(from)) {
    return { seeds, from, kinds, help: values.help };
  }
  throw new TypeError("--seeds must be a whole number > 0 and --from a whole number");
}

const { seeds, from, kinds, help: helpWanted } = wantedOrExit(() => readArguments(Deno.args));
if (helpWanted) {
  print(help);
  Deno.exit(0);
}
print(`${seeds} seeds from ${from} on`);
const startedMs = performance.now();
let events = 0;
const strikes = new Map(faultKinds.map((kind) => [kind, 0]));
for (let done = 0; done < seeds; done++) {
  for (const kind of kinds) {
    const outcome = await simulate(from + done, { kind });
    events += outcome.events;
    for (const [fault, times] of outcome.strikes) {
      strikes.set(fault, (strikes.get(fault) ?? 0) + times);
    }
    if (outcome.violation !== undefined) {
      printError(describeOutcome(outcome));
      print(JSON.stringify({ seed: outcome.seed, violation: outcome.violation }));
      Deno.exit(1);
    }
  }
  if ((done + 1) % progressSeeds === 0) print(`${done + 1} seeds`);
  // Weak references last as long as the turn in which they were made, and simulated time needs one.
  if (done % seedsPerTurn === 0) await systemClock.sleep(0);
}
const seconds = (performance.now() - startedMs) / 1000;
print(
  `${seeds} seeds from ${from} on, ${events} events, ${seconds.toFixed(1)} s, ` +
    `${Math.round(seeds / seconds)} seeds/s: no violation`,
);
print("How often each kind of fault struck:");
for (const [kind, times] of strikes) print(`  ${kind.padEnd(24)} ${times}`);

/**
 * `deno task hunt [--seeds N] [--from S]`: simulated disasters, one per seed, until one breaks a
 * promise of the engine. Prints the seed that did, and what led to it.
 */
import { parseArgs } from "node:util";
import { describeOutcome, simulate } from "../tests/support/simulation/simulate.ts";
import { print, printError } from "./lib/print.ts";

/** Seeds between two lines of progress. */
const progressSeeds = 1_000;

function readArguments(): { readonly seeds: number; readonly from: number } {
  const { values } = parseArgs({
    args: Deno.args,
    options: { seeds: { type: "string" }, from: { type: "string" } },
  });
  const [seeds, from] = [Number(values.seeds ?? 10_000), Number(values.from ?? 1)];
  if (Number.isSafeInteger(seeds) && seeds > 0 && Number.isSafeInteger(from)) {
    return { seeds, from };
  }
  printError("--seeds must be a whole number > 0 and --from a whole number");
  return Deno.exit(2);
}

const { seeds, from } = readArguments();
const startedMs = performance.now();
let events = 0;
for (let done = 0; done < seeds; done++) {
  const outcome = await simulate(from + done);
  events += outcome.events;
  if (outcome.violation !== undefined) {
    printError(describeOutcome(outcome));
    print(JSON.stringify({ seed: outcome.seed, violation: outcome.violation }));
    Deno.exit(1);
  }
  if ((done + 1) % progressSeeds === 0) print(`${done + 1} seeds`);
}
const seconds = (performance.now() - startedMs) / 1000;
print(
  `${seeds} seeds from ${from} on, ${events} events, ${seconds.toFixed(1)} s, ` +
    `${Math.round(seeds / seconds)} seeds/s: no violation`,
);

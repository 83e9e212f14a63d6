/**
 * fast-check for every property test, with one seed for all.
 *
 * The seed is fixed, so that whether a run passes never depends on chance; `deno task
 * test:fresh-seeds` gives others, as arguments behind `--`, which can be read without a permission.
 */
import { parseArgs } from "node:util";
import fc from "fast-check";

const { values } = parseArgs({
  args: Deno.args,
  options: { seed: { type: "string" }, runs: { type: "string" } },
  strict: false,
});

fc.configureGlobal({ seed: Number(values.seed ?? 1), numRuns: Number(values.runs ?? 100) });

export { fc };

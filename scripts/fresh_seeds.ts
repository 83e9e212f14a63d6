/**
 * `deno task dev test:fresh-seeds [--runs N] [--seed S]`: the property tests with a seed of their own,
 * which is printed, as `deno task test` always takes the same one.
 */
import { parseArgs } from "node:util";
import { print } from "./lib/print.ts";
import { freshSeed } from "./lib/fresh_seed.ts";
import { root, sourceFiles } from "./lib/source_files.ts";
import { wantedOrExit } from "./lib/wanted.ts";

const help = `The property tests with a seed of their own, which is printed.

Usage: deno task dev test:fresh-seeds [options]

  --runs N   inputs of each property   (default 1000)
  --seed S   the seed again            (default drawn now)
  --help     this text

A counterexample becomes an example of its property: fc.assert(…, { examples: [[…]] }).

Exit codes: 0 all passed, 1 a test failed, 2 wrong arguments.`;

interface Wanted {
  readonly runs: number;
  readonly seed: number;
  readonly help: boolean;
}

/** @throws {TypeError} Naming the argument and its form. */
function readArguments(args: string[]): Wanted {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: "string", default: "1000" },
      seed: { type: "string", default: String(freshSeed()) },
      help: { type: "boolean", default: false },
    },
  });
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  if (Number.isSafeInteger(runs) && runs > 0 && Number.isSafeInteger(seed)) {
    return { runs, seed, help: values.help };
  }
  throw new TypeError("--runs must be a whole number > 0 and --seed a whole number");
}

/** Every test file that draws its inputs by `properties.ts` or `fuzz.ts` of `tests/support`. */
async function propertyTests(): Promise<string[]> {
  const files = await sourceFiles(["_test.ts"]);
  const texts = await Promise.all(files.map((path) => Deno.readTextFile(root + path)));
  return files.filter((_, index) => /support\/(properties|fuzz)\.ts/.test(texts[index] ?? ""));
}

const { runs, seed, help: helpWanted } = wantedOrExit(() => readArguments(Deno.args));
if (helpWanted) {
  print(help);
  Deno.exit(0);
}
print(`Property tests from seed ${seed}, ${runs} inputs each`);
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "test",
    "-q",
    "--no-prompt",
    ...await propertyTests(),
    "--",
    `--seed=${seed}`,
    `--runs=${runs}`,
  ],
  cwd: root,
  stdin: "null",
}).spawn().status;
if (code !== 0) print(`again: deno task dev test:fresh-seeds --seed ${seed} --runs ${runs}`);
Deno.exit(code === 0 ? 0 : 1);

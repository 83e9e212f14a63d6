/**
 * `deno task dev planted-bugs [--only TEXT]`: proves that the tests can fail. Puts one deliberate bug
 * after the other into a copy of the sources and runs the simulation there until it notices.
 */
import { parseArgs } from "node:util";
import { print, printError } from "./lib/print.ts";
import { wantedOrExit } from "./lib/wanted.ts";
import { plantedBugs } from "./planted_bugs/bugs.ts";
import type { PlantedBug } from "./planted_bugs/planted_bug.ts";
import { type Finding, Laboratory } from "./planted_bugs/laboratory.ts";

const help =
  `Proves that the tests can fail: plants one bug after the other in a copy of the sources.

Usage: deno task dev planted-bugs [options]

  --only TEXT   only the bugs with this text in their names   (default all)
  --help        this text

Exit codes: 0 every bug was noticed, 1 one was not, 2 wrong arguments.`;

/** @throws {TypeError} Naming the argument and its form. */
function readArguments(args: string[]): readonly PlantedBug[] | "help" {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  const wanted = plantedBugs.filter(({ name }) => name.includes(values.only));
  if (wanted.length === 0) throw new TypeError(`--only must name a bug: "${values.only}" is none`);
  return values.help ? "help" : wanted;
}

function row({ guarantee, name }: PlantedBug, { caught, by, what, seconds }: Finding): string {
  const finder = caught ? by : "NOT CAUGHT";
  const cells = [
    guarantee.padEnd(4),
    name.padEnd(56),
    finder.padEnd(10),
    `${seconds.toFixed(1)} s`,
  ];
  return `${cells.join(" ")}  ${what.slice(0, 70)}`;
}

const wanted = wantedOrExit(() => readArguments(Deno.args));
if (wanted === "help") {
  print(help);
  Deno.exit(0);
}
await using laboratory = await Laboratory.open();
let missed = 0;
for (const bug of wanted) {
  const finding = await laboratory.run(bug);
  if (!finding.caught) missed += 1;
  (finding.caught ? print : printError)(row(bug, finding));
}
if (missed > 0) {
  printError(`${missed} planted bugs were not caught`);
  Deno.exitCode = 1;
}

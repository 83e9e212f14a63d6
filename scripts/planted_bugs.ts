/**
 * `deno task planted-bugs [--only TEXT]`: proves that the tests can fail. Puts one deliberate bug
 * after the other into a copy of the sources and runs the simulation there until it notices.
 */
import { parseArgs } from "node:util";
import { print, printError } from "./lib/print.ts";
import { type PlantedBug, plantedBugs } from "./planted_bugs/bugs.ts";
import { type Finding, Laboratory } from "./planted_bugs/laboratory.ts";

function readFilter(): string {
  return parseArgs({ args: Deno.args, options: { only: { type: "string" } } }).values.only ?? "";
}

function row({ guarantee, name }: PlantedBug, { by, what, seconds }: Finding): string {
  const cells = [guarantee.padEnd(4), name.padEnd(56), by.padEnd(10), `${seconds.toFixed(1)} s`];
  return `${cells.join(" ")}  ${what.slice(0, 70)}`;
}

const only = readFilter();
await using laboratory = await Laboratory.open();
let missed = 0;
for (const bug of plantedBugs.filter(({ name }) => name.includes(only))) {
  const finding = await laboratory.run(bug);
  if (!finding.caught) missed += 1;
  (finding.caught ? print : printError)(row(bug, finding));
}
if (missed > 0) {
  printError(`${missed} planted bugs were not caught`);
  Deno.exitCode = 1;
}

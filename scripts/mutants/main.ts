/**
 * `deno task dev mutants [--only PATH]`: how much of the code is held by tests. Makes mutants of it by
 * rule, tries each with the tests that reach it, and prints those that none noticed.
 */
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "../../src/base/random.ts";
import { print, printError } from "../lib/print.ts";
import { wantedOrExit } from "../lib/wanted.ts";
import { makeMutants, runCampaign } from "./campaign.ts";
import { explained, explanationOf } from "./explained.ts";
import type { Mutant } from "./instrument.ts";
import type { Verdict } from "./pool.ts";

/** Part of the mutants that must be noticed. */
const noticedMin = 0.95;

const help = `Small changes of the code, made by rule, which the tests must notice.

Usage: deno task dev mutants [options]

  --only PATH    only files with this text in their paths; can be repeated   (default all)
  --tests PATH   only tests with this text in their paths, and the seeds
  --thorough     also with tests that take long: for the survivors of a file
  --sample N     only so many of the mutants, drawn         (default all)
  --seed S       what they are drawn by                     (default 1)
  --seeds N      seeds of the simulation among the tests, of each kind   (default 30)
  --workers N    processes at a time                        (default one for each core)
  --minutes M    none is begun after so long                (default 180)
  --list         only prints the mutants
  --help         this text

Each survivor is printed as its line and its id. One that no test can notice, or need not, is
explained in scripts/mutants/explained.ts, by its id.

Exit codes: 0 at least 95 % were noticed and each of the rest is explained, 1 not so or not all were
tried, 2 wrong arguments.`;

interface Wanted {
  readonly only: readonly string[];
  readonly tests: string;
  readonly thorough: boolean;
  readonly sample: number;
  readonly seed: number;
  readonly seeds: number;
  readonly workers: number;
  readonly minutes: number;
  readonly list: boolean;
  readonly help: boolean;
}

/** @throws {TypeError} Naming the argument and its form. */
function readArguments(args: string[]): Wanted {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string", multiple: true, default: [""] },
      tests: { type: "string", default: "" },
      sample: { type: "string", default: String(Number.MAX_SAFE_INTEGER) },
      seed: { type: "string", default: "1" },
      seeds: { type: "string", default: "30" },
      workers: { type: "string", default: String(navigator.hardwareConcurrency) },
      minutes: { type: "string", default: "180" },
      thorough: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [sample, seed, seeds, workers, minutes] = [
    Number(values.sample),
    Number(values.seed),
    Number(values.seeds),
    Number(values.workers),
    Number(values.minutes),
  ];
  const atLeastOne = [sample, seeds, workers, minutes];
  if (atLeastOne.every((n) => Number.isSafeInteger(n) && n > 0) && Number.isSafeInteger(seed)) {
    return { ...values, sample, seed, seeds, workers, minutes };
  }
  throw new TypeError(
    "--sample, --seeds, --workers and --minutes must be whole numbers > 0, --seed a whole number",
  );
}

function draw(mutants: readonly Mutant[], { sample, seed }: Wanted): Mutant[] {
  const random = seededRandom(seed);
  const drawn = mutants.map((mutant) => ({ mutant, place: random.next() }))
    .sort((a, b) => a.place - b.place).slice(0, sample);
  return drawn.map(({ mutant }) => mutant).sort((a, b) => a.number - b.number);
}

/** A mutant that was tried, and why it need not be noticed, if something says so. */
interface Tried extends Mutant {
  readonly verdict: Verdict;
  readonly explanation: string | undefined;
}

function triedOf(mutant: Mutant, verdict: Verdict): Tried {
  return { ...mutant, verdict, explanation: explanationOf(mutant, verdict) };
}

const isNoticed = ({ verdict }: Tried) => verdict.by !== undefined;
const isOpen = (tried: Tried) => !isNoticed(tried) && tried.explanation === undefined;

/** What came out for the mutants of a room. */
function row(room: string, tried: readonly Tried[]): string {
  const [noticed, open] = [tried.filter(isNoticed).length, tried.filter(isOpen).length];
  const percent = (100 * noticed / tried.length).toFixed(1).padStart(5);
  const counts = `${noticed} of ${tried.length}`.padEnd(14);
  const explained = `${tried.length - noticed - open} explained`.padEnd(15);
  return `${room.padEnd(28)} ${percent} %  ${counts} ${explained} ${open} open`;
}

/** Prints what is wrong with a verdict, if anything is. */
function complain(tried: Tried): void {
  const { path, line, id, verdict: { how } } = tried;
  if (isNoticed(tried) && explained[id] !== undefined) {
    printError(`noticed, but explained as if not: ${id}`);
  }
  if (isOpen(tried)) printError(`${path}:${line}: ${how === "" ? "" : `(${how}) `}${id}`);
}

/** Prints the score; true if it is good enough. */
function report(mutants: readonly Mutant[], verdicts: readonly Verdict[]): boolean {
  const byNumber = new Map(verdicts.map((verdict) => [verdict.mutant, verdict]));
  const tried = mutants.flatMap((mutant) => {
    const verdict = byNumber.get(mutant.number);
    return verdict === undefined ? [] : [triedOf(mutant, verdict)];
  });
  const rooms = Map.groupBy(tried, ({ path }) => dirname(path));
  for (const [room, inRoom] of rooms) print(row(room, inRoom));
  print(row("all", tried));
  if (tried.length < mutants.length) print(`${mutants.length - tried.length} not tried: no time`);
  return tried.length === mutants.length &&
    tried.filter(isNoticed).length >= noticedMin * tried.length && !tried.some(isOpen);
}

const wanted = wantedOrExit(() => readArguments(Deno.args));
if (wanted.help) {
  print(help);
  Deno.exit(0);
}
const { mutants, texts } = await makeMutants(wanted.only);
const drawn = draw(mutants, wanted);
if (wanted.list) {
  for (const { id, line } of drawn) print(`${line}: ${id}`);
  Deno.exit(0);
}
print(`${drawn.length} of ${mutants.length} mutants of ${texts.size} files`);
const endMs = performance.now() + wanted.minutes * 60_000;
const verdicts = await runCampaign({
  ...wanted,
  wanted: drawn,
  texts,
  endMs,
  say: print,
  onVerdict: (verdict) => {
    const mutant = mutants[verdict.mutant];
    if (mutant !== undefined) complain(triedOf(mutant, verdict));
  },
});
Deno.exitCode = report(drawn, verdicts) ? 0 : 1;

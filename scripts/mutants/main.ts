/**
 * `deno task dev mutants [--only PATH]`: how much of the code is held by tests. Makes mutants of it by
 * rule, tries each with the tests that reach it, and prints those that none noticed.
 */
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { assert } from "../../src/base/assert.ts";
import { seededRandom } from "../../src/base/random.ts";
import { print, printError } from "../lib/print.ts";
import { startTestServices } from "../lib/test_services.ts";
import { wantedOrExit } from "../lib/wanted.ts";
import { type CampaignOptions, makeMutants, runCampaign } from "./campaign.ts";
import { explained, explanationOf } from "./explained.ts";
import type { Mutant } from "./instrument.ts";
import type { Verdict } from "./pool.ts";

/** Processes over a real Kafka in the place of one, as they mostly wait. */
const waitingPerWorker = 3;

/** Part of the mutants that must be noticed. */
const noticedMin = 0.95;

const help = `Small changes of the code, made by rule, which the tests must notice.

A mutant is tried with the quickest of the tests that reach it, and with all of them if those leave
it.

Usage: deno task dev mutants [options]

  --only PATH    only files with this text in their paths; can be repeated   (default all)
  --tests PATH   only tests with this text in their paths, and the seeds
  --services     those of src/kafka that survive with tests over a real Kafka, which is started
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
  readonly services: boolean;
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
      services: { type: "boolean", default: false },
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
function report(count: number, tried: readonly Tried[]): boolean {
  const rooms = Map.groupBy(tried, ({ path }) => dirname(path));
  for (const [room, inRoom] of rooms) print(row(room, inRoom));
  print(row("all", tried));
  if (tried.length < count) print(`${count - tried.length} not tried: no time`);
  return tried.length === count &&
    tried.filter(isNoticed).length >= noticedMin * tried.length && !tried.some(isOpen);
}

/** Tries mutants with tests that are quick, and with more tests what those leave open. */
class Tries {
  readonly #byNumber: ReadonlyMap<number, Mutant>;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #wanted: Wanted;
  readonly #endMs: number;
  #tried: Tried[] = [];

  constructor(drawn: readonly Mutant[], texts: ReadonlyMap<string, string>, wanted: Wanted) {
    this.#byNumber = new Map(drawn.map((mutant) => [mutant.number, mutant]));
    this.#texts = texts;
    this.#wanted = wanted;
    this.#endMs = performance.now() + wanted.minutes * 60_000;
  }

  async run(): Promise<readonly Tried[]> {
    await this.#try([...this.#byNumber.values()], {});
    const isOverKafka = ({ path }: Tried) => this.#wanted.services && path.startsWith("src/kafka/");
    const open = this.#tried.filter((tried) => isOpen(tried) && !isOverKafka(tried));
    if (open.length > 0) {
      print(`${open.length} are tried with every test`);
      await this.#try(open, { thorough: true });
    }
    const ofKafka = this.#tried.filter((tried) => isOpen(tried) && isOverKafka(tried));
    if (ofKafka.length > 0) await this.#tryOverKafka(ofKafka);
    for (const tried of this.#tried) complain(tried);
    return this.#tried;
  }

  async #tryOverKafka(mutants: readonly Mutant[]): Promise<void> {
    print(`${mutants.length} are tried over a real Kafka`);
    await using services = await startTestServices(print, { services: ["kafka"] });
    if (services.missing !== undefined) throw new Error(`Cannot start Kafka: ${services.missing}`);
    await this.#try(mutants, {
      workers: this.#wanted.workers * waitingPerWorker,
      environment: { ...services.env, TEST_SERVICES_OWN: "1" },
    });
  }

  /** The verdicts take the place of earlier ones; without time for one, there is none. */
  async #try(mutants: readonly Mutant[], how: Partial<CampaignOptions>): Promise<void> {
    const verdicts = await runCampaign({
      ...this.#wanted,
      thorough: false,
      ...how,
      wanted: mutants,
      texts: this.#texts,
      endMs: this.#endMs,
      say: print,
    });
    const again = new Map(mutants.map(({ number }) => [number, this.#wasReached(number)]));
    const tried = verdicts.map((verdict) =>
      this.#triedOf({ ...verdict, reached: verdict.reached || again.get(verdict.mutant) === true })
    );
    this.#tried = [...this.#tried.filter(({ number }) => !again.has(number)), ...tried];
  }

  #wasReached(number: number): boolean {
    return this.#tried.find((tried) => tried.number === number)?.verdict.reached === true;
  }

  #triedOf(verdict: Verdict): Tried {
    const mutant = this.#byNumber.get(verdict.mutant);
    assert(mutant !== undefined, "a verdict is about one of those that are tried");
    return { ...mutant, verdict, explanation: explanationOf(mutant, verdict) };
  }
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
const tried = await new Tries(drawn, texts, wanted).run();
Deno.exitCode = report(drawn.length, tried) ? 0 : 1;

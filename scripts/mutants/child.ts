/**
 * Runs tests of instrumented code in a process of its own: `child.ts ORDER`, with a JSON file. It
 * runs in the copy of the sources and prints a JSON line for each thing that it finds out.
 */
import { join } from "node:path";
import process from "node:process";
import { print, printError } from "../lib/print.ts";
import { root } from "../lib/source_files.ts";
import {
  endlessCode,
  type Message,
  messageMark,
  type Order,
  simulationFile,
  type Trial,
} from "./messages.ts";
import { type RegisteredTest, TestRegistry } from "./registry.ts";
import { mutants } from "./switch.ts";

/** A test may evaluate this many times more branches before it counts as endless. */
const endlessFactor = 20;
const evaluationsMin = 300_000;

/** The same of its processor time, ms. */
const cpuMsMin = 3_000;

/** A test that waits so many seconds more waits for something that does not come. */
const waitFactor = 3;
const waitSecondsMin = 15;

let rejections = 0;
globalThis.addEventListener("unhandledrejection", (event) => {
  rejections++;
  event.preventDefault();
});
globalThis.addEventListener("error", (event) => {
  rejections++;
  event.preventDefault();
});

/** The test that runs. */
const running = {
  startMs: 0,
  seconds: 0,
  cpuMsMax: Infinity,
  secondsMax: Infinity,
  giveUp: () => {},
};

globalThis.addEventListener("beforeunload", (event) => {
  // Nothing is left that could continue it.
  event.preventDefault();
  running.giveUp();
});

// Counts only seconds in which this process came to a turn, as the machine may be busy otherwise.
Deno.unrefTimer(setInterval(() => {
  running.seconds++;
  const cpuMs = cpuMsNow() - running.startMs;
  if (running.seconds > running.secondsMax || cpuMs > running.cpuMsMax) running.giveUp();
}, 1000));

function cpuMsNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function say(message: Message): void {
  print(`${messageMark}${JSON.stringify(message)}`);
}

function reachedSince(): number[] {
  return Array.from(mutants.reached.keys()).filter((number) => mutants.reached[number] === 1);
}

/** A macro task, in which rejections are reported and what a test left behind comes to rest. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** What a test may need. */
interface Bounds {
  readonly cpuMsMax: number;
  readonly secondsMax: number;
}

const measuring: Bounds = { cpuMsMax: Infinity, secondsMax: 60 };

/** Runs a test; `undefined` if it passes. */
async function failureOf(test: RegisteredTest, bounds = measuring): Promise<string | undefined> {
  const before = rejections;
  let failure: string | undefined;
  const { promise: ends, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(new Error("no end"));
  Object.assign(running, { ...bounds, startMs: cpuMsNow(), seconds: 0, giveUp });
  try {
    await Promise.race([test.run(), ends]);
  } catch (error) {
    failure = error instanceof Error ? error.message.split("\n")[0] : String(error);
  }
  await turn();
  return failure ?? (rejections > before ? "a rejection that no one handles" : undefined);
}

async function measure(test: RegisteredTest): Promise<void> {
  mutants.reached.fill(0);
  mutants.left = Number.MAX_SAFE_INTEGER;
  const [beforeMs, beganMs] = [cpuMsNow(), performance.now()];
  const error = await failureOf(test);
  const [ms, waitMs] = [cpuMsNow() - beforeMs, performance.now() - beganMs];
  const evaluations = Number.MAX_SAFE_INTEGER - mutants.left;
  if (error !== undefined) return say({ kind: "broken", id: test.id, error });
  const record = { id: test.id, ms, waitMs, evaluations, reached: reachedSince() };
  say({ kind: "measured", record });
}

/** True as long as no mutant was noticed in this process, so that nothing is left of one. */
let clean = true;

async function tryMutant(trial: Trial, tests: ReadonlyMap<string, RegisteredTest>): Promise<void> {
  const { mutant } = trial;
  for (const { id, ms, waitMs, evaluations } of trial.tests) {
    const test = tests.get(id);
    if (test === undefined) throw new TypeError(`There is no test ${id}`);
    mutants.active = mutant;
    mutants.left = evaluations * endlessFactor + evaluationsMin;
    mutants.onEndless = () => {
      say(clean ? { kind: "noticed", mutant, by: id, how: "endless" } : { kind: "again", mutant });
      Deno.exit(endlessCode);
    };
    const how = await failureOf(test, {
      cpuMsMax: ms * endlessFactor + cpuMsMin,
      secondsMax: waitMs / 1000 * waitFactor + waitSecondsMin,
    });
    mutants.left = Infinity;
    mutants.active = -1;
    if (how === undefined) {
      say({ kind: "passed" });
      continue;
    }
    // What is left of an earlier mutant must not be blamed on this one.
    const sure = clean || await failureOf(test) === undefined && !how.startsWith("a rejection");
    clean = false;
    return say(sure ? { kind: "noticed", mutant, by: id, how } : { kind: "again", mutant });
  }
  say({ kind: "survived", mutant });
}

/** Loads the simulation only now: a mutant may be on while its files are loaded. */
async function registerSeeds(count: number): Promise<void> {
  const { describeOutcome, simulate } = await import(
    "../../tests/support/simulation/simulate.ts"
  );
  const { worldKinds } = await import("../../tests/support/simulation/world.ts");
  for (const kind of worldKinds) {
    for (let seed = 1; seed <= count; seed++) {
      Deno.test(`${kind} ${seed}`, async () => {
        const outcome = await simulate(seed, { kind });
        if (outcome.violation !== undefined) throw new Error(describeOutcome(outcome));
      });
    }
  }
}

async function run({ files, seeds, trials, loading }: Order): Promise<void> {
  const registry = new TestRegistry();
  registry.install();
  mutants.active = loading ?? -1;
  for (const file of files) {
    await registry.load(file, async () => {
      if (file === simulationFile) await registerSeeds(seeds);
      else await import(join(root, file));
    });
  }
  if (trials === undefined) {
    say({ kind: "loaded", reached: reachedSince() });
    for (const test of registry.tests) await measure(test);
    return;
  }
  say({ kind: "loaded", reached: [] });
  // Nothing more is to be found out about what is reached.
  mutants.reached.fill(1);
  const tests = new Map(registry.tests.map((test) => [test.id, test]));
  for (const trial of trials) await tryMutant(trial, tests);
}

const [path] = Deno.args;
if (import.meta.main && path !== undefined) {
  // Not awaited here: a module that waits for nothing ends the process before it can say so.
  void run(JSON.parse(Deno.readTextFileSync(path))).then(() => {
    // What a mutant left behind need not end.
    Deno.exit(0);
  }, (error: unknown) => {
    printError(String(error));
    Deno.exit(1);
  });
}

import { join } from "node:path";
import { SourceCopy } from "../lib/source_copy.ts";
import { root, sourceFiles } from "../lib/source_files.ts";
import { instrument, type Mutant } from "./instrument.ts";
import { simulationFile, type TestRecord, type Trial } from "./messages.ts";
import { inParallel, Runner, type Verdict } from "./pool.ts";
import { loadCompiler } from "./syntax.ts";

/** Code whose mutants must be noticed: the engine, and what keeps its promises on Kafka and on disk. */
const mutated = /^src\/(streams\/(?!testing\/)|kafka\/(write|read|group)\/|level\/)/;

/** Tests that need no services, and may reach it. */
const reaching =
  /^(tests\/(unit\/(streams|kafka|level|market|app|ingest|support|wiring)|property|golden)\/.*|tests\/integration\/(level|embedded|state|identity)_\w+|docs\/examples\/.*)_test\.ts$/;

/** Tests over a real Kafka, each of which uses topics and groups of its own. */
const reachingKafka =
  /^tests\/integration\/kafka_(contract|transactions|faults|stray_member|lost_markers)_test\.ts$/;

/** Tests of many seconds each, which notice little that others do not. */
const slow = /\/(simulation|task_states|level_damage|batch_fuzz|candles|nexmark)_test\.ts$/;

/** What tests may cost, ms. */
interface Costs {
  /** The few that cost more take most of the time of all. */
  readonly testMsMax: number;
  /** Those that one mutant is tried with, the cheapest first. */
  readonly testsMsMax: number;
}

/** Of processor time. */
const quickly: Costs = { testMsMax: 500, testsMsMax: 5_000 };

/** The same for those that such tests leave. */
const thoroughly: Costs = { testMsMax: Infinity, testsMsMax: 60_000 };

/** By the clock, as tests over a real Kafka wait more than they compute. */
const overKafka: Costs = { testMsMax: 10_000, testsMsMax: 30_000 };

/** Mutants that one process tries, at most. */
const chunkSize = 50;

/** The same over a real Kafka, where each takes seconds. */
const slowChunkSize = 10;

/** Every mutant of the files with one of the texts in their paths, and what becomes of their texts. */
export async function makeMutants(
  only: readonly string[],
): Promise<{ readonly mutants: readonly Mutant[]; readonly texts: ReadonlyMap<string, string> }> {
  const compiler = await loadCompiler();
  const files = (await sourceFiles([".ts"])).filter((path) =>
    mutated.test(path) && only.some((text) => path.includes(text))
  );
  const mutants: Mutant[] = [];
  const texts = new Map<string, string>();
  for (const path of files) {
    const up = "../".repeat(path.split("/").length - 1);
    const header =
      `import { compare as $compare, isOn as $isOn, m as $m, reach as $reach } from "${up}scripts/mutants/switch.ts";`;
    const text = await Deno.readTextFile(join(root, path));
    const made = instrument(path, text, { compiler, first: mutants.length, header });
    mutants.push(...made.mutants);
    texts.set(path, made.text);
  }
  return { mutants, texts };
}

/** What a campaign is told. */
export interface CampaignOptions {
  readonly wanted: readonly Mutant[];
  readonly texts: ReadonlyMap<string, string>;
  /** Text in the paths of the tests. */
  readonly tests: string;
  /** Also with tests that take long. */
  readonly thorough: boolean;
  /** Seeds of the simulation, of each kind of world. */
  readonly seeds: number;
  /** Where the tests over a real Kafka find it; with it those are tried, and no others. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly workers: number;
  /** No mutant is begun after this, ms as `performance.now()`. */
  readonly endMs: number;
  readonly say: (line: string) => void;
}

/** Tries every wanted mutant for which there is time. */
export async function runCampaign(options: CampaignOptions): Promise<Verdict[]> {
  await using copy = await SourceCopy.open();
  for (const [path, text] of options.texts) await Deno.writeTextFile(join(copy.folder, path), text);
  const runner = new Runner(copy.folder, options);
  const measured = await measure(runner, options);
  return await new Trials(runner, measured, options).run();
}

function costsOf({ environment, thorough }: CampaignOptions): Costs {
  if (environment !== undefined) return overKafka;
  return thorough ? thoroughly : quickly;
}

function costOf({ ms, waitMs }: Omit<TestRecord, "reached">, options: CampaignOptions): number {
  return options.environment === undefined ? ms : waitMs;
}

interface Measured {
  readonly tests: readonly TestRecord[];
  /** Mutants that are evaluated while files are loaded. */
  readonly loading: ReadonlySet<number>;
}

/** Which test reaches which mutant, and how long it takes. */
async function measure(runner: Runner, options: CampaignOptions): Promise<Measured> {
  const { tests: among, thorough, workers, environment, say } = options;
  const wanted = environment === undefined ? reaching : reachingKafka;
  const files = (await sourceFiles(["_test.ts"]))
    .filter((path) => wanted.test(path) && (thorough || !slow.test(path)) && path.includes(among));
  const tests: TestRecord[] = [];
  const loading = new Set<number>();
  const portions = workers * 4;
  const orders = Array.from(
    { length: portions },
    (_, number) => files.filter((_, index) => index % portions === number),
  );
  if (environment === undefined) orders[0]?.push(simulationFile);
  await inParallel(
    workers,
    orders.filter((order) => order.length > 0).map((order) => async () => {
      const { how, loaded, code } = await runner.run({ files: order }, (message) => {
        if (message.kind === "measured") tests.push(message.record);
        if (message.kind === "broken") say(`Left out: ${message.id}: ${message.error}`);
        if (message.kind === "loaded") message.reached.forEach((number) => loading.add(number));
      });
      if (!loaded || code !== 0) throw new Error(`Cannot measure ${order.join(", ")}: ${how}`);
    }),
  );
  const quick = tests.filter((test) => costOf(test, options) <= costsOf(options).testMsMax);
  const seconds = quick.reduce((sum, test) => sum + costOf(test, options), 0) / 1000;
  say(`${quick.length} of ${tests.length} tests are tried: ${seconds.toFixed(0)} s together`);
  return { tests: quick, loading };
}

class Trials {
  readonly #verdicts: Verdict[] = [];
  /** How often a test noticed a mutant of a file. */
  readonly #noticed = new Map<string, number>();

  readonly #runner: Runner;
  readonly #measured: Measured;
  readonly #options: CampaignOptions;

  constructor(runner: Runner, measured: Measured, options: CampaignOptions) {
    this.#runner = runner;
    this.#measured = measured;
    this.#options = options;
  }

  async run(): Promise<Verdict[]> {
    const { wanted, workers, environment } = this.#options;
    const together = wanted.filter(({ number }) => !this.#measured.loading.has(number));
    const alone = wanted.filter(({ number }) => this.#measured.loading.has(number));
    await inParallel(workers, [
      ...chunks(together, environment === undefined ? chunkSize : slowChunkSize).map(
        (chunk) => () => this.#within(() => this.#runner.judge(this.#trialsOf(chunk))),
      ),
      ...alone.map((mutant) => () =>
        this.#within(async () =>
          await Promise.all(
            this.#trialsOf([mutant]).map((each) =>
              this.#runner.judgeAlone(each, { loading: true })
            ),
          )
        )
      ),
    ]);
    return this.#verdicts;
  }

  async #within(judge: () => Promise<Verdict[]>): Promise<void> {
    const { wanted, endMs, say } = this.#options;
    if (performance.now() > endMs) return;
    for (const verdict of await judge()) this.#take(verdict);
    say(`${this.#verdicts.length} of ${wanted.length} tried`);
  }

  #take(verdict: Verdict): void {
    this.#verdicts.push(verdict);
    if (verdict.by === undefined) return;
    const path = this.#options.wanted.find(({ number }) => number === verdict.mutant)?.path;
    const key = `${path} ${verdict.by}`;
    this.#noticed.set(key, (this.#noticed.get(key) ?? 0) + 1);
  }

  /** Trials of those that a test reaches; the others have survived already. */
  #trialsOf(mutants: readonly Mutant[]): Trial[] {
    const trials = mutants.map((mutant) => ({ mutant: mutant.number, tests: this.#tests(mutant) }));
    const unreached = trials.filter(({ tests }) => tests.length === 0);
    for (const { mutant } of unreached) {
      const how = "no test reaches it where it differs";
      this.#take({ mutant, by: undefined, how, reached: false });
    }
    return trials.filter(({ tests }) => tests.length > 0);
  }

  /** The tests that reach a mutant: first those that noticed its neighbours, then cheap ones of little. */
  #tests({ number, path }: Mutant): Trial["tests"] {
    const { tests, loading } = this.#measured;
    const isNeighbour = this.#neighbours(path);
    const reaching = tests.filter(({ reached }) =>
      reached.includes(number) || loading.has(number) && reached.some(isNeighbour)
    );
    const rank = (test: TestRecord) =>
      costOf(test, this.#options) * test.reached.length /
      (1 + (this.#noticed.get(`${path} ${test.id}`) ?? 0));
    let leftMs = costsOf(this.#options).testsMsMax;
    return reaching.toSorted((a, b) => rank(a) - rank(b))
      .filter((test) => (leftMs -= costOf(test, this.#options)) > 0)
      .map(({ reached: _, ...test }) => test);
  }

  #neighbours(path: string): (number: number) => boolean {
    const numbers = this.#options.wanted.filter((mutant) => mutant.path === path)
      .map(({ number }) => number);
    return (number) => numbers.includes(number);
  }
}

function chunks(mutants: readonly Mutant[], size: number): Mutant[][] {
  const count = Math.ceil(mutants.length / size);
  return Array.from({ length: count }, (_, n) => mutants.slice(n * size, (n + 1) * size));
}

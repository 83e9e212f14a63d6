import type { Message, Order, Trial } from "./messages.ts";
import { endlessCode, messageMark } from "./messages.ts";

/** Longest silence of a process, ms; a test that only waits says so earlier. */
const silenceMsMax = 120_000;

/** A mutant that collects without end must not take the machine's memory; tests need a third. */
const memoryFlag = "--v8-flags=--max-old-space-size=1000";

/** The same for what is outside of the heap, as buffers are: bytes of a process. */
const residentBytesMax = 2_000_000_000;

/** Between two looks at it, ms. */
const residentEveryMs = 250;

/** What became of a mutant. */
export interface Verdict {
  readonly mutant: number;
  /** The test that noticed it; `undefined` for none. */
  readonly by: string | undefined;
  readonly how: string;
  /** False if no test evaluates it where it differs from the original. */
  readonly reached: boolean;
}

interface Ending {
  readonly code: number;
  readonly how: string;
  /** False if it ended while it loaded its files. */
  readonly loaded: boolean;
}

/** Starts processes in a copy of the sources. */
export class Runner {
  readonly #folder: string;
  readonly #seeds: number;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(
    folder: string,
    { seeds, environment = {} }: {
      readonly seeds: number;
      readonly environment?: Readonly<Record<string, string>>;
    },
  ) {
    this.#folder = folder;
    this.#seeds = seeds;
    this.#environment = environment;
  }

  /** Runs one process to its end and passes on what it says. */
  async run(
    order: Omit<Order, "seeds">,
    hear: (message: Message) => void,
  ): Promise<Ending> {
    const path = await Deno.makeTempFile({ dir: this.#folder, suffix: ".json" });
    await Deno.writeTextFile(path, JSON.stringify({ ...order, seeds: this.#seeds }));
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-A", "--no-check", memoryFlag, "scripts/mutants/child.ts", path],
      cwd: this.#folder,
      env: { NODE_OPTIONS: "--no-warnings", ...this.#environment },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let stopped = false;
    let loaded = false;
    const stop = () => {
      stopped = true;
      child.kill("SIGKILL");
    };
    let timer = setTimeout(stop, silenceMsMax);
    const watch = setInterval(() => {
      if (residentBytes(child.pid) > residentBytesMax) stop();
    }, residentEveryMs);
    for await (const line of linesOf(child.stdout)) {
      clearTimeout(timer);
      timer = setTimeout(stop, silenceMsMax);
      if (!line.startsWith(messageMark)) continue;
      const message = JSON.parse(line.slice(messageMark.length)) as Message;
      loaded ||= message.kind === "loaded";
      hear(message);
    }
    clearInterval(watch);
    const { code } = await child.status;
    clearTimeout(timer);
    await Deno.remove(path);
    return { code, how: stopped ? "no end" : `the process ended with ${code}`, loaded };
  }

  /** Tries mutants in one process, as long as it lasts; each that it cannot judge in one of its own. */
  async judge(trials: readonly Trial[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    const alone: Trial[] = [];
    let waiting = trials;
    while (waiting.length > 0) {
      const judged = new Set<number>();
      const order = { files: filesOf(waiting), trials: waiting };
      const { code, loaded } = await this.run(order, (message) => {
        if (!("mutant" in message)) return;
        judged.add(message.mutant);
        if (message.kind !== "again") verdicts.push(verdictOf(message));
        else alone.push(...waiting.filter(({ mutant }) => mutant === message.mutant));
      });
      if (!loaded) throw new Error("Cannot try mutants as the tests cannot be loaded");
      waiting = waiting.filter(({ mutant }) => !judged.has(mutant));
      // Whatever ended the process may be left of an earlier mutant, or the machine's fault.
      const [stuck] = waiting;
      if (stuck === undefined || code === endlessCode) continue;
      alone.push(stuck);
      waiting = waiting.slice(1);
    }
    for (const trial of alone) verdicts.push(await this.judgeAlone(trial));
    return verdicts;
  }

  /**
   * Tries a mutant in a process of its own.
   *
   * @param options.loading The mutant is on while files are loaded.
   */
  async judgeAlone(
    trial: Trial,
    { loading }: { readonly loading?: boolean } = {},
  ): Promise<Verdict> {
    const { mutant } = trial;
    let verdict: Verdict | undefined;
    const order = { files: filesOf([trial]), trials: [trial] };
    const { how, loaded } = await this.run(
      loading === true ? { ...order, loading: mutant } : order,
      (message) => {
        if ("mutant" in message && message.kind !== "again") verdict = verdictOf(message);
      },
    );
    if (verdict !== undefined) return verdict;
    if (!loaded && loading !== true) {
      throw new Error("Cannot try a mutant as the tests cannot be loaded");
    }
    return { mutant, by: loaded ? "a test" : "loading", how, reached: true };
  }
}

/** Memory of a process; 0 where Linux does not tell. */
function residentBytes(pid: number): number {
  try {
    const [, pages] = Deno.readTextFileSync(`/proc/${pid}/statm`).split(" ");
    return Number(pages) * 4096;
  } catch {
    return 0;
  }
}

/** Works through tasks with several workers. */
export async function inParallel(
  workers: number,
  tasks: readonly (() => Promise<void>)[],
): Promise<void> {
  const waiting = tasks.values();
  await Promise.all(Array.from({ length: workers }, async () => {
    for (const task of waiting) await task();
  }));
}

/** File of a test. */
function fileOf(id: string): string {
  return id.slice(0, id.lastIndexOf(" "));
}

function filesOf(trials: readonly Trial[]): string[] {
  return [...new Set(trials.flatMap(({ tests }) => tests.map(({ id }) => fileOf(id))))].sort();
}

function verdictOf(message: Extract<Message, { readonly kind: "noticed" | "survived" }>): Verdict {
  const { mutant } = message;
  if (message.kind === "survived") return { mutant, by: undefined, how: "", reached: true };
  return { mutant, by: message.by, how: message.how, reached: true };
}

async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

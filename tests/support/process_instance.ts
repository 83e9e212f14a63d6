import { Program, type ProgramOptions } from "./program.ts";

/** What `/api/tasks` says, as far as it is looked at. */
export interface TaskAnswer {
  readonly partition: number;
  readonly state: string;
  readonly committed_offset: number | null;
  readonly lag_records: number | null;
  /** Epoch ms; since the task was opened here. */
  readonly last_commit: number | null;
  readonly counts: {
    readonly read: number;
    readonly aggregated: number;
    readonly late: number;
    readonly duplicates: number;
    readonly rekeyed: number;
  };
  readonly problem: string | null;
}

/** What `/readyz` says. */
export interface Readiness {
  /** 0 while it does not answer. */
  readonly status: number;
  readonly text: string;
}

/** Longest wait for an answer, ms: a process that was stopped does not answer. */
const answerMsMax = 2_000;

/**
 * One `process` with a state folder and a place in the group, over its restarts.
 *
 * Owner: the pipeline; disposing kills what still runs.
 */
export class ProcessInstance implements AsyncDisposable {
  readonly #environment: Readonly<Record<string, string>>;
  #program: Program | undefined;

  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment;
  }

  /** The present or last run. */
  get program(): Program | undefined {
    return this.#program;
  }

  get stateDir(): string {
    return this.#environment["STATE_DIR"] ?? "";
  }

  /** Starts it in the place of the run before, which must have ended. */
  start({ gid }: Pick<ProgramOptions, "gid"> = {}): Program {
    this.#program = new Program("process", { env: this.#environment, gid });
    return this.#program;
  }

  /** Its tasks; none while it does not answer. */
  async tasks(): Promise<readonly TaskAnswer[]> {
    const answer = await this.#ask("/api/tasks");
    return answer.status === 200 ? JSON.parse(answer.text).tasks : [];
  }

  /** Where it answers. */
  async url(): Promise<string> {
    return String((await this.#program?.line("Processing"))?.["page"]);
  }

  /** What its clients show; nothing where it wants no token. */
  async headers(): Promise<Readonly<Record<string, string>>> {
    const file = this.#environment["HTTP_TOKEN_FILE"];
    return file === undefined ? {} : { authorization: `Bearer ${await Deno.readTextFile(file)}` };
  }

  async readiness(): Promise<Readiness> {
    return await this.#ask("/readyz");
  }

  /** What a wait that failed shows of it: readiness, tasks, and the end of its log. */
  async state(): Promise<string> {
    const { status, text } = await this.readiness();
    const log = this.#program?.log.slice(-3);
    return JSON.stringify({ status, text, tasks: await this.tasks(), log });
  }

  /** Its metrics as Prometheus would read them. */
  async metrics(): Promise<string> {
    return (await this.#ask("/metrics")).text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.kill();
  }

  async #ask(path: string): Promise<Readiness> {
    if (this.#program === undefined) return { status: 0, text: "" };
    const { page } = await this.#program.line("Processing");
    try {
      const [headers, signal] = [await this.headers(), AbortSignal.timeout(answerMsMax)];
      const response = await fetch(`${page}${path}`, { headers, signal });
      return { status: response.status, text: await response.text() };
    } catch {
      return { status: 0, text: "" };
    }
  }
}

/**
 * Waits until these instances have committed so many items; gives what was read in the end. What
 * a producer sent twice counts once.
 *
 * While a partition moves, both its owners may be seen with it: it counts once.
 */
export async function committedBy(
  instances: readonly ProcessInstance[],
  items: number,
  msMax: number,
): Promise<number> {
  const deadline = performance.now() + msMax;
  for (;;) {
    const tasks = (await Promise.all(instances.map((instance) => instance.tasks()))).flat();
    const reads = new Map<number, number>();
    for (const { partition, counts } of tasks) {
      reads.set(partition, Math.max(reads.get(partition) ?? 0, counts.read - counts.duplicates));
    }
    const read = [...reads.values()].reduce((sum, count) => sum + count, 0);
    if (read >= items) return read;
    if (performance.now() > deadline) {
      throw new Error(`${read} of ${items} items after ${msMax} ms: ${JSON.stringify(tasks)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

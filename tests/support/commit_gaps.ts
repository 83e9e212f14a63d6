import type { TaskAnswer } from "./process_instance.ts";

const pollMs = 100;

/** Tells the tasks of one instance; none while it does not answer. */
export type TaskLook = () => Promise<readonly TaskAnswer[]>;

/**
 * Watches the commits of one or more `process` from outside, by `/api/tasks`.
 *
 * Each is looked at by itself: of the commits between two looks only the last is seen, and one that
 * is being started may owe its answer for seconds.
 *
 * Owner: the test; disposing ends the watching.
 */
export class CommitGaps implements AsyncDisposable {
  readonly #looks: readonly TaskLook[];
  readonly #partitions: number;
  /** When each partition committed, epoch ms. */
  readonly #commits = new Map<number, Set<number>>();
  readonly #stop = new AbortController();
  readonly #watching: Promise<unknown>;
  readonly #more: () => string;

  /**
   * @param looks One for each instance.
   * @param more What else an error tells.
   */
  constructor(looks: readonly TaskLook[], partitions: number, more: () => string = () => "") {
    this.#looks = looks;
    this.#partitions = partitions;
    this.#more = more;
    this.#watching = Promise.all(looks.map((look) => this.#watch(look)));
  }

  /** Waits until every partition has committed twice after a moment, epoch ms. */
  async commitsAfter(momentMs: number, msMax: number): Promise<void> {
    const deadline = performance.now() + msMax;
    while (!this.#haveCommitted(momentMs)) {
      if (performance.now() > deadline) {
        const tasks = JSON.stringify(await this.#tasks());
        throw new Error(`no commits within ${msMax} ms: ${tasks}\n${this.#more()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /** Longest time between two commits of the same partition, of which the later is after this. */
  longestSince(momentMs: number): number {
    const gaps = [...this.#commits.values()].flatMap((seen) => {
      const times = [...seen].sort((a, b) => a - b);
      return times.slice(1)
        .map((time, index) => time <= momentMs ? 0 : time - (times[index] ?? time));
    });
    return Math.max(...gaps);
  }

  /** Items committed so far, each counted once. */
  async items(): Promise<number> {
    const tasks = await this.#tasks();
    return tasks.reduce((sum, { counts }) => sum + counts.read - counts.duplicates, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  #haveCommitted(momentMs: number): boolean {
    const counts = [...this.#commits.values()]
      .map((times) => [...times].filter((time) => time > momentMs).length);
    return counts.length === this.#partitions && counts.every((count) => count > 1);
  }

  async #tasks(): Promise<readonly TaskAnswer[]> {
    return (await Promise.all(this.#looks.map((look) => look()))).flat();
  }

  async #watch(look: TaskLook): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const { partition, last_commit } of await look()) {
        const times = this.#commits.get(partition) ?? new Set();
        if (last_commit !== null) times.add(last_commit);
        this.#commits.set(partition, times);
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }
}

/** The tasks that are told at a page; none while it does not answer. */
export async function tasksAt(page: string): Promise<readonly TaskAnswer[]> {
  try {
    const response = await fetch(`${page}/api/tasks`, { signal: AbortSignal.timeout(2_000) });
    return (await response.json()).tasks;
  } catch {
    return [];
  }
}

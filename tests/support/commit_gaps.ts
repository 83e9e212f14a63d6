import type { TaskAnswer } from "./process_instance.ts";

const pollMs = 100;

/**
 * Watches the commits of one or more `process` from outside, by `/api/tasks`.
 *
 * Owner: the test; disposing ends the watching.
 */
export class CommitGaps implements AsyncDisposable {
  readonly #look: () => Promise<readonly TaskAnswer[]>;
  readonly #partitions: number;
  /** When each partition committed, epoch ms, in order. */
  readonly #commits = new Map<number, number[]>();
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;

  /** @param look Tells the tasks of all instances; none of those that do not answer. */
  constructor(look: () => Promise<readonly TaskAnswer[]>, partitions: number) {
    this.#look = look;
    this.#partitions = partitions;
    this.#watching = this.#watch();
  }

  /** Waits until every partition has committed twice after a moment, epoch ms. */
  async commitsAfter(momentMs: number, msMax: number): Promise<void> {
    const deadline = performance.now() + msMax;
    while (!this.#haveCommitted(momentMs)) {
      if (performance.now() > deadline) {
        throw new Error(`no commits within ${msMax} ms: ${JSON.stringify(await this.#look())}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /** Longest time between two commits of the same partition, of which the later is after this. */
  longestSince(momentMs: number): number {
    const gaps = [...this.#commits.values()].flatMap((times) =>
      times.slice(1).map((time, index) => time <= momentMs ? 0 : time - (times[index] ?? time))
    );
    return Math.max(...gaps);
  }

  /** Items committed so far, each counted once. */
  async items(): Promise<number> {
    const tasks = await this.#look();
    return tasks.reduce((sum, { counts }) => sum + counts.read - counts.duplicates, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  #haveCommitted(momentMs: number): boolean {
    const counts = [...this.#commits.values()]
      .map((times) => times.filter((time) => time > momentMs).length);
    return counts.length === this.#partitions && counts.every((count) => count > 1);
  }

  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      for (const { partition, last_commit } of await this.#look()) {
        const times = this.#commits.get(partition) ?? [];
        // While a partition moves, both its owners may be seen with it.
        if (last_commit !== null && last_commit > (times.at(-1) ?? 0)) times.push(last_commit);
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

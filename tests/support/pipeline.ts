import { Program } from "./program.ts";

/** What the pipeline runs on. */
export interface PipelineOptions {
  /** As `services up` prints them. */
  readonly services: Readonly<Record<string, string>>;
  /** Names topic, application and keyspace, so that runs do not meet. */
  readonly name: string;
  readonly stateDir: string;
  /** Recorded frames. */
  readonly frames: string;
  readonly symbols: readonly string[];
  readonly partitions?: number;
}

/** What `/api/tasks` says, as far as it is looked at. */
interface TaskAnswer {
  readonly committed_offset: number | null;
  readonly lag_records: number | null;
  readonly counts: { readonly read: number; readonly aggregated: number; readonly late: number };
  readonly problem: string | null;
}

/** The distributed pipeline with each program as a process: feed, produce, process. */
export class Pipeline implements AsyncDisposable {
  readonly #options: PipelineOptions;
  readonly #programs = new AsyncDisposableStack();
  process: Program | undefined;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  get keyspace(): string {
    return `k_${this.#options.name}`;
  }

  get topic(): string {
    return `t-${this.#options.name}`;
  }

  get environment(): Record<string, string> {
    const { services, name, stateDir, symbols, partitions = 2 } = this.#options;
    return {
      ...services,
      TOPIC_KAFKA: this.topic,
      APPLICATION_ID: `a-${name}`,
      CASSANDRA_KEYSPACE: this.keyspace,
      TRADES_TTL: "0",
      TOPIC_PARTITIONS: String(partitions),
      STATE_DIR: stateDir,
      HTTP_PORT: "0",
      FINHUB_SYMBOLS: symbols.join(","),
      FINHUB_SECRET_KEY: "any",
    };
  }

  /** Creates topics, subjects and tables. */
  async provision(): Promise<void> {
    await using provision = new Program("provision", { env: this.environment });
    const code = await provision.ended();
    if (code !== 0) throw new Error(`provision: ${JSON.stringify(provision.log)}`);
  }

  /** Starts feed and producer. */
  async produce(): Promise<Program> {
    const args = ["--replay", this.#options.frames, "--speed", "max", "--port", "0"];
    const feed = this.#programs.use(new Program("feed", { args, env: this.environment }));
    const { FINHUB_API_URL } = await feed.line("Serving Finnhub's protocol");
    const env = { ...this.environment, FINHUB_API_URL: String(FINHUB_API_URL) };
    return this.#programs.use(new Program("produce", { env }));
  }

  /** Starts a processor in place of the one before. */
  startProcess(): Program {
    this.process = this.#programs.use(new Program("process", { env: this.environment }));
    return this.process;
  }

  /** Waits until so many items have been committed; gives what was read in the end. */
  async committed(items: number, msMax: number): Promise<number> {
    const deadline = performance.now() + msMax;
    for (;;) {
      const tasks = await this.tasks();
      const read = tasks.reduce((sum, { counts }) => sum + counts.read, 0);
      if (read >= items) return read;
      if (performance.now() > deadline) {
        throw new Error(`${read} of ${items} items after ${msMax} ms: ${JSON.stringify(tasks)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** The processor's tasks; none while it does not answer. */
  async tasks(): Promise<readonly TaskAnswer[]> {
    if (this.process === undefined) return [];
    const { page } = await this.process.line("Processing");
    try {
      const response = await fetch(`${page}/api/tasks`);
      return (await response.json()).tasks;
    } catch {
      return [];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#programs.disposeAsync();
  }
}

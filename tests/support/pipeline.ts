import { committedBy, ProcessInstance, type TaskAnswer } from "./process_instance.ts";
import { Program } from "./program.ts";

/** What the pipeline runs on. */
export interface PipelineOptions {
  /** As `services up` prints them. */
  readonly services: Readonly<Record<string, string>>;
  /** Names topic, application and keyspace, so that runs do not meet. */
  readonly name: string;
  readonly stateDir: string;
  /** Recorded frames; the simulated market of now without. */
  readonly frames?: string;
  readonly symbols: readonly string[];
  readonly partitions?: number;
  /** In place of the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The distributed pipeline with each program as a process: feed, produce, process. */
export class Pipeline implements AsyncDisposable {
  readonly #options: PipelineOptions;
  readonly #programs = new AsyncDisposableStack();
  readonly #main: ProcessInstance;
  #producers = 0;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#main = this.instance();
  }

  /** The processor of `startProcess`. */
  get process(): Program | undefined {
    return this.#main.program;
  }

  get keyspace(): string {
    return `k_${this.#options.name}`;
  }

  get topic(): string {
    return `t-${this.#options.name}`;
  }

  get application(): string {
    return `a-${this.#options.name}`;
  }

  get spoolDir(): string {
    return `${this.#options.stateDir}-spool`;
  }

  get environment(): Record<string, string> {
    const { services, stateDir, symbols, partitions = 2, settings = {} } = this.#options;
    return {
      ...services,
      TOPIC_KAFKA: this.topic,
      APPLICATION_ID: this.application,
      CASSANDRA_KEYSPACE: this.keyspace,
      TRADES_TTL: "0",
      TOPIC_PARTITIONS: String(partitions),
      STATE_DIR: stateDir,
      HTTP_PORT: "0",
      PRODUCE_HTTP_PORT: "0",
      SPOOL_DIR: this.spoolDir,
      FINHUB_SYMBOLS: symbols.join(","),
      FINHUB_SECRET_KEY: "any",
      ...settings,
    };
  }

  /** Creates topics, subjects and tables. */
  async provision(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await using provision = new Program("provision", { env: { ...this.environment, ...env } });
    const code = await provision.ended();
    if (code !== 0) throw new Error(`provision: ${JSON.stringify(provision.log)}`);
  }

  /**
   * Starts feed and producer.
   *
   * @param speed Recorded seconds per second.
   */
  async produce(speed: number | "max" = "max"): Promise<Program> {
    const { frames } = this.#options;
    const replay = frames === undefined ? [] : ["--replay", frames, "--speed", String(speed)];
    const args = [...replay, "--port", "0"];
    const feed = this.#programs.use(new Program("feed", { args, env: this.environment }));
    const { FINHUB_API_URL } = await feed.line("Serving Finnhub's protocol");
    const env = {
      ...this.environment,
      FINHUB_API_URL: String(FINHUB_API_URL),
      SPOOL_DIR: `${this.spoolDir}-${++this.#producers}`, // several may run at the same time
    };
    return this.#programs.use(new Program("produce", { env }));
  }

  /**
   * A processor with a state folder of its own; not started yet.
   *
   * @param port Of its page; a free one each time it starts if unset.
   */
  instance(
    folder: string = "",
    port: number = 0,
    settings: Readonly<Record<string, string>> = {},
  ): ProcessInstance {
    const env = {
      ...this.environment,
      ...settings,
      STATE_DIR: `${this.#options.stateDir}${folder}`,
      HTTP_PORT: String(port),
    };
    return this.#programs.use(new ProcessInstance(env));
  }

  /** Starts a processor in place of the one before. */
  startProcess(): Program {
    return this.#main.start();
  }

  /** Waits until so many items have been committed; gives what was read in the end. */
  async committed(items: number, msMax: number): Promise<number> {
    return await committedBy([this.#main], items, msMax);
  }

  /** The processor's tasks; none while it does not answer. */
  async tasks(): Promise<readonly TaskAnswer[]> {
    return await this.#main.tasks();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#programs.disposeAsync();
  }
}

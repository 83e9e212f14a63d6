/**
 * Jobs in one process and folder: `embedded` is where to begin, the rest is for those who put the
 * ports together themselves.
 *
 * @module
 */
import { type Clock, systemClock } from "../base/clock.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import { type Random, systemRandom } from "../base/random.ts";
import { EmbeddedCommitLog } from "../level/embedded_commit_log.ts";
import { EmbeddedLog } from "../level/embedded_log.ts";
import { EmbeddedMembership } from "../level/embedded_membership.ts";
import { embeddedTopics } from "../level/job_topics.ts";
import { LogDatabase } from "../level/log_database.ts";
import type { EmbeddedTopic } from "../level/partition_state.ts";
import { deleteStoresWithoutCommit } from "../level/recovery.ts";
import { LevelStateStores } from "../level/state_store.ts";
import type { AnyJob, JobServices, Runtime } from "../streams/app/runtime.ts";
import { jobTopics } from "../streams/topology/job_topics.ts";
import { changelogTopic, otherInputs } from "../streams/topology/topology.ts";
import { ProcessSignals } from "./process_signals.ts";

export { EmbeddedCommitLog } from "../level/embedded_commit_log.ts";
export { EmbeddedLog } from "../level/embedded_log.ts";
export { EmbeddedMembership } from "../level/embedded_membership.ts";
export { embeddedTopics } from "../level/job_topics.ts";
export { LogDatabase } from "../level/log_database.ts";
export type { EmbeddedTopic } from "../level/partition_state.ts";
export { LevelStateStores } from "../level/state_store.ts";

/** What may be chosen about a runtime in a folder. */
export interface EmbeddedOptions {
  /** Of topics that are new; 2 without it. */
  readonly partitions?: number;
  /** Records that stay to be looked at, or read by a job to come, per partition. */
  readonly keepRecords?: number;
  /** Where jobs report; nowhere without it. */
  readonly logger?: Logger;
}

/**
 * Runs jobs in this process, with topics, state and positions in a folder.
 *
 * A topic that jobs read keeps its records until all of them have processed them, and the last
 * `keepRecords` for longer; another one keeps the last `keepRecords`.
 *
 * @throws {PipelineError} `STORE_LOCKED` if another process has the folder.
 */
export async function embedded(
  folder: string,
  options: EmbeddedOptions = {},
): Promise<EmbeddedRuntime> {
  return new EmbeddedRuntime(folder, await LogDatabase.open(`${folder}/log`, []), options);
}

/** See `embedded`. */
export class EmbeddedRuntime implements Runtime {
  /** That of the machine. */
  readonly clock: Clock = systemClock;
  /** Unpredictable. */
  readonly random: Random = systemRandom;
  /** As it was given. */
  readonly logger: Logger;
  /** Every topic of the jobs that were opened, to write to and to read. */
  readonly log: EmbeddedLog;
  readonly #folder: string;
  readonly #database: LogDatabase;
  readonly #options: EmbeddedOptions;
  readonly #resources = new AsyncDisposableStack();
  readonly #signals: ProcessSignals;
  readonly #stores = new Map<string, LevelStateStores>();
  readonly #topics = new Set<string>();

  /** @internal */
  constructor(folder: string, database: LogDatabase, options: EmbeddedOptions) {
    this.#folder = folder;
    this.#database = this.#resources.use(database);
    this.#signals = this.#resources.use(new ProcessSignals());
    this.#options = options;
    this.log = new EmbeddedLog(database);
    this.logger = options.logger ?? silentLogger;
  }

  /** Fires at SIGINT and SIGTERM. */
  get stopped(): AbortSignal {
    return this.#signals.stopped;
  }

  /** See `Runtime`. */
  async open(jobs: readonly AnyJob[]): Promise<readonly JobServices[]> {
    const { partitions = 2, keepRecords = 100_000 } = this.#options;
    const topics = jobs.flatMap((job) => {
      const made = embeddedTopics(jobTopics(job.name, job), { partitions, keepRecords });
      return made.map((topic) =>
        [job.source.topic, ...otherInputs(job), ...globalsOf(job)].includes(topic.name)
          ? { ...topic, readers: [job.name] }
          : topic
      );
    });
    for (const [name, same] of Map.groupBy(topics, ({ name }) => name)) {
      if (this.#topics.has(name)) continue;
      this.#topics.add(name);
      await this.#database.addTopic(sharedTopic(same));
    }
    return await Promise.all(jobs.map((job) => this.#servicesOf(job)));
  }

  async #servicesOf({ name, store, source }: AnyJob): Promise<JobServices> {
    const commitLog = new EmbeddedCommitLog(this.#database, name);
    let stores = this.#stores.get(name);
    if (stores === undefined) {
      const changelog = changelogTopic(name, store);
      stores = await LevelStateStores.open(`${this.#folder}/state`, changelog);
      this.#stores.set(name, this.#resources.use(stores));
      if (!this.#database.closedWell) {
        await deleteStoresWithoutCommit(stores, commitLog, source.topic);
      }
    }
    return {
      ports: { log: this.log, commitLog, stores },
      membership: new EmbeddedMembership(this.log),
    };
  }

  /** Closes stores, then the log. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

/** They are read by each start from the beginning: what a reader has no position in, stays. */
function globalsOf({ globals = [] }: AnyJob): readonly string[] {
  return globals.map(({ topic }) => topic);
}

/** A topic of several jobs: the input of one may be the results of another. */
function sharedTopic(same: readonly EmbeddedTopic[]): EmbeddedTopic {
  const readers = same.flatMap(({ readers = [] }) => readers);
  const read = same.find(({ cleanup }) => cleanup === "consumed");
  return { ...(read ?? same[0]) as EmbeddedTopic, readers };
}

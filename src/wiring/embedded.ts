import type { StartConfig } from "../app/start_config.ts";
import { EmbeddedCommitLog } from "../level/embedded_commit_log.ts";
import { EmbeddedLog } from "../level/embedded_log.ts";
import { EmbeddedMembership } from "../level/embedded_membership.ts";
import { EmbeddedSchemas } from "../level/embedded_schemas.ts";
import { embeddedTopics } from "../level/job_topics.ts";
import { LogDatabase } from "../level/log_database.ts";
import type { EmbeddedTopic } from "../level/partition_state.ts";
import { deleteStoresWithoutCommit } from "../level/recovery.ts";
import { LevelStateStores } from "../level/state_store.ts";
import { marketChangelog, marketTopics } from "../market/job.ts";
import type { Clock } from "../base/clock.ts";
import { openSqlite, type SqliteResults } from "../sqlite/results.ts";

/** As many tasks as the original's topic has partitions. */
const partitions = 2;

/** Processed records, late trades and dead letters that stay to be looked at, per partition. */
const keepRecords = 100_000;

/** Everything that takes the place of Kafka, registry and Cassandra in one folder. */
export interface EmbeddedServices extends AsyncDisposable {
  readonly log: EmbeddedLog;
  readonly database: LogDatabase;
  readonly commitLog: EmbeddedCommitLog;
  readonly membership: EmbeddedMembership;
  readonly schemas: EmbeddedSchemas;
  readonly stores: LevelStateStores;
  readonly results: SqliteResults;
  /** See `StreamsPorts`. */
  readonly rowsVersionUs: number | undefined;
}

/**
 * Opens the folder's stores, created if need be.
 *
 * @throws {PipelineError} `STORE_LOCKED` if another process has the folder.
 */
export async function openEmbedded(config: StartConfig, clock: Clock): Promise<EmbeddedServices> {
  await using opening = new AsyncDisposableStack();
  const { dataDir, applicationId, tradesTables, tradesTtlSeconds } = config;
  const sync = config.embeddedSync === "commit";
  const changelog = marketChangelog(applicationId);
  const stores = opening.use(await LevelStateStores.open(`${dataDir}/state`, changelog));
  const database = opening.use(await LogDatabase.open(`${dataDir}/log`, topicsOf(config)));
  const path = `${dataDir}/results.db`;
  const results = opening.use(openSqlite({ path, tradesTables, tradesTtlSeconds, clock, sync }));
  const log = new EmbeddedLog(database);
  const commitLog = new EmbeddedCommitLog(database, applicationId, { sync });
  if (!database.closedWell) await deleteStoresWithoutCommit(stores, commitLog, config.topic);
  const resources = opening.move();
  return {
    log,
    database,
    commitLog,
    membership: new EmbeddedMembership(log),
    schemas: new EmbeddedSchemas(database),
    stores,
    results,
    rowsVersionUs: database.closedWell ? undefined : results.lastVersionUs(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function topicsOf({ topic, applicationId }: StartConfig): EmbeddedTopic[] {
  const topics = marketTopics(topic, applicationId, { results: false });
  return embeddedTopics(topics, { partitions, keepRecords });
}

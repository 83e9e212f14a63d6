import { silentLogger } from "../../../src/base/logger.ts";
import { connectKafka } from "../../../src/kafka/connection.ts";
import { kafkaTopics } from "../../../src/kafka/job_topics.ts";
import { EmbeddedCommitLog } from "../../../src/level/embedded_commit_log.ts";
import { EmbeddedLog } from "../../../src/level/embedded_log.ts";
import { EmbeddedMembership } from "../../../src/level/embedded_membership.ts";
import { embeddedTopics } from "../../../src/level/job_topics.ts";
import { LogDatabase } from "../../../src/level/log_database.ts";
import { LevelStateStores } from "../../../src/level/state_store.ts";
import {
  changelogTopic,
  type GroupMembership,
  jobTopics,
  type RecordAppender,
  type StreamsPorts,
  type WithTopics,
} from "../../../src/streams/mod.ts";

/** What a job runs on, wherever that is. Owner: the main. */
export interface Services extends AsyncDisposable {
  readonly ports: Pick<StreamsPorts<never>, "log" | "commitLog" | "stores">;
  readonly membership: GroupMembership;
  /** Writes to the input. */
  readonly appender: RecordAppender;
}

/** A job with the name under which it keeps its place, and where it is kept. */
export interface Installation<Job extends WithTopics = WithTopics> {
  readonly application: string;
  readonly job: Job;
  readonly folder: string;
}

/** Everything in one process and folder. */
export async function openEmbedded(
  { application, job, folder }: Installation,
): Promise<Services> {
  await using opening = new AsyncDisposableStack();
  const topics = embeddedTopics(jobTopics(application, job), {
    partitions: 2,
    keepRecords: 10_000,
  });
  const database = opening.use(await LogDatabase.open(`${folder}/log`, topics));
  const changelog = changelogTopic(application, job.store);
  const stores = opening.use(await LevelStateStores.open(`${folder}/state`, changelog));
  const log = new EmbeddedLog(database);
  const resources = opening.move();
  return {
    ports: { log, commitLog: new EmbeddedCommitLog(database, application), stores },
    membership: new EmbeddedMembership(log),
    appender: log,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** The log on Kafka, its topics made if need be; the local state in the folder. */
export async function openOnKafka(
  { application, job, folder }: Installation,
  brokers: readonly string[],
): Promise<Services> {
  await using opening = new AsyncDisposableStack();
  const kafka = opening.use(
    connectKafka({ brokers, clientId: application, logger: silentLogger }),
  );
  await kafka.ensureTopics(
    kafkaTopics(jobTopics(application, job), {
      partitions: 2,
      replicationFactor: Math.min(3, await kafka.brokerCount()),
    }),
  );
  const changelog = changelogTopic(application, job.store);
  const stores = opening.use(await LevelStateStores.open(`${folder}/state`, changelog));
  const appender = opening.use(kafka.appender());
  const resources = opening.move();
  return {
    ports: { log: kafka.log(), commitLog: kafka.commitLog(application), stores },
    membership: kafka.membership(application, {
      identityFile: `${folder}/state/identity`,
      standbyReplicas: 1,
    }),
    appender,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

import { type Client, types } from "cassandra-driver";
import type { Clock } from "../base/clock.ts";
import { PipelineError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { ResultReader } from "../market/queries.ts";
import type { MarketRow } from "../market/rows.ts";
import type { TradesTable } from "../market/tables.ts";
import type { Sink } from "../streams/ports.ts";
import { type ClusterOptions, connectClient } from "./client.ts";
import { cassandraError } from "./errors.ts";
import { inspectTables } from "./inspect.ts";
import { endClient } from "./internals.ts";
import { migrate, type MigrationReport } from "./migrate.ts";
import { type NameSettings, type TableNames, tableNames } from "./names.ts";
import { CassandraReader } from "./reader.ts";
import { CassandraSink } from "./sink.ts";

/** How long the end of a connection may take, ms: the program has 10 s to end, and commits before. */
const shutdownMsMax = 1_500;

/** Where the results go, and how. */
export interface CassandraOptions extends ClusterOptions, NameSettings {
  readonly tradesTables: readonly TradesTable[];
  /** Time to live of recent trades and running averages, seconds; 0 is without expiry. */
  readonly tradesTtlSeconds: number;
  /** Replicas of each row in the data centre, for a keyspace that does not exist yet; 1 if unset. */
  readonly replicationFactor?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A connected cluster. Owner: the caller of `connect`. */
export interface CassandraResults extends AsyncDisposable {
  readonly sink: Sink<MarketRow>;
  readonly reader: ResultReader;
  /** Creates what is missing of keyspace and tables; safe to repeat. */
  migrate(): Promise<MigrationReport>;
  /**
   * Checks that every table is there and can hold our rows.
   *
   * @throws {PipelineError} `SINK_REJECTED` with what is wrong and how to fix it.
   */
  verify(): Promise<void>;
  /**
   * Asks the cluster for a sign of life.
   *
   * @throws {PipelineError} `SINK_UNAVAILABLE`.
   */
  ping(): Promise<void>;
}

/**
 * Connects to a cluster; keyspace and tables need not exist yet.
 *
 * @throws {PipelineError} `SINK_UNAVAILABLE` when no host answers (try again), `SINK_REJECTED` when
 *   one refuses us, `CONFIG_INVALID` for unusable names or an unknown data centre.
 */
export async function connectCassandra(options: CassandraOptions): Promise<CassandraResults> {
  const names = tableNames(options);
  const client = await connectClient(options);
  reportHosts(client, options.logger);
  const { datacenter, clock, replicationFactor = 1 } = options;
  return {
    sink: new CassandraSink(client, { ...options, names }),
    reader: new CassandraReader(client, { ...options, names }),
    migrate: () => migrate(client, { names, replicationFactor, datacenter, clock }),
    verify: () => verify(client, names),
    ping: () => ping(client),
    [Symbol.asyncDispose]: () => shutDown(client, clock),
  };
}

/** The driver waits for every answer that it is owed, which a silent node delays by 12 s. */
async function shutDown(client: Client, clock: Clock): Promise<void> {
  const owed = isOwed(client);
  const ended = endClient(client);
  if (!owed) return await ended;
  const done = new AbortController();
  const late = clock.sleep(shutdownMsMax, done.signal).catch(() => {});
  await Promise.race([ended, late]).finally(() => done.abort());
}

function isOwed(client: Client): boolean {
  const state = client.getState();
  return state.getConnectedHosts().some((host) => state.getInFlightQueries(host) > 0);
}

async function verify(client: Client, names: TableNames): Promise<void> {
  const missing = await inspectTables(client, names).catch((error: unknown) => {
    throw cassandraError("look at the tables of Cassandra", error);
  });
  if (missing.length === 0) return;
  const tables = missing.map((role) => names[role]).join(", ");
  throw new PipelineError(
    "SINK_REJECTED",
    `Cannot use keyspace "${names.keyspace}" as it must have the tables ${tables}: ` +
      'they do not exist; run, with the same settings, "deno task provision"',
    { context: { keyspace: names.keyspace } },
  );
}

async function ping(client: Client): Promise<void> {
  try {
    await client.execute("SELECT key FROM system.local", [], {
      consistency: types.consistencies.one,
    });
  } catch (error) {
    throw cassandraError("reach Cassandra", error);
  }
}

/** The driver recovers without us; operators may want to know. */
function reportHosts(client: Client, logger: Logger): void {
  client.on("hostDown", ({ address }) => logger.warn("Cassandra host is down", { host: address }));
  client.on("hostUp", ({ address }) => logger.info("Cassandra host is up", { host: address }));
  client.on("hostAdd", ({ address }) => logger.info("Cassandra host was found", { host: address }));
}

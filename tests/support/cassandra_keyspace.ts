import { Client } from "cassandra-driver";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import type { CassandraOptions } from "../../src/cassandra/connect.ts";

const allowed = (name: "net" | "env") => Deno.permissions.querySync({ name }).state === "granted";

const variable = (name: string) => allowed("env") ? Deno.env.get(name) : undefined;

/** False when no Cassandra was named; with `REQUIRE_SERVICES=1` its absence is a failure instead. */
export const cassandraExpected: boolean = allowed("net") &&
  (variable("CASSANDRA_HOST") !== undefined || variable("REQUIRE_SERVICES") === "1");

const contactPoint = variable("CASSANDRA_HOST") ?? "127.0.0.1";
const port = Number(variable("CASSANDRA_PORT") ?? 9042);
const datacenter = variable("CASSANDRA_DATACENTER") ?? "datacenter1";

/** A keyspace name that no other run uses. */
export function newKeyspaceName(): string {
  return `test_${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`;
}

/** Options that reach the test cluster, with the default table names. */
export function cassandraOptions(keyspace: string): CassandraOptions {
  return {
    contactPoints: contactPoint.split(","),
    port,
    datacenter,
    keyspace,
    tradeTable: "trades",
    summaryTable: "running_averages_15_sec",
    tradesTables: ["recent", "history"],
    tradesTtlSeconds: 604_800,
    clock: systemClock,
    logger: silentLogger,
  };
}

/** Longest wait for an answer, ms: on a busy machine a DROP takes longer than the driver's 12 s. */
const readTimeoutMs = 60_000;

/**
 * A plain client of the test cluster, for what the program itself does not do. It keeps no copy of
 * the schema: to follow what other tests create, it would ask beside its own requests, and set
 * timers after its end.
 */
export async function rawClient(): Promise<{ client: Client } & AsyncDisposable> {
  const client = new Client({
    contactPoints: contactPoint.split(","),
    protocolOptions: { port },
    localDataCenter: datacenter,
    isMetadataSyncEnabled: false,
    socketOptions: { readTimeout: readTimeoutMs },
  });
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.shutdown() };
}

/** Removes a test's keyspace. */
export async function dropKeyspace(keyspace: string): Promise<void> {
  await using raw = await rawClient();
  await raw.client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`);
}

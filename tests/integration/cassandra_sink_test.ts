import { connectCassandra } from "../../src/cassandra/connect.ts";
import { sinkContract } from "../contract/sink.ts";
import {
  cassandraExpected,
  cassandraOptions,
  dropKeyspace,
  newKeyspaceName,
} from "../support/cassandra_keyspace.ts";

const keyspace = newKeyspaceName();
const ignore = !cassandraExpected;

/** One keyspace for the whole suite: its tests use symbols of their own. */
Deno.test.beforeAll(async () => {
  if (ignore) return;
  await using results = await connectCassandra(cassandraOptions(keyspace));
  await results.migrate();
});

Deno.test.afterAll(async () => {
  if (!ignore) await dropKeyspace(keyspace);
});

sinkContract(
  "CassandraSink",
  (settings) => connectCassandra({ ...cassandraOptions(keyspace), ...settings }),
  { ignore },
);

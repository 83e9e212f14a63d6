import assert from "node:assert/strict";
import { type Admin, Kafka, logLevel, type Producer } from "kafkajs";
import { auth, Client } from "cassandra-driver";
import { endClient } from "../../src/cassandra/internals.ts";
import { CASSANDRA_DATACENTER } from "../../scripts/services/cassandra.ts";
import type { ComposeLogins, Login } from "./compose_logins.ts";

/** Where the services are, and what is in them. */
export interface Place {
  readonly logins: ComposeLogins;
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly cassandraPort: number;
  readonly topic: string;
  readonly application: string;
  readonly keyspace: string;
}

type KafkaAct = (kafka: { admin: Admin; producer: Producer }, place: Place) => Promise<unknown>;

const write: KafkaAct = ({ producer }, { topic }) =>
  producer.send({ topic, messages: [{ value: "forged" }] });
const create: KafkaAct = ({ admin }) => admin.createTopics({ topics: [{ topic: "other" }] });
const remove: KafkaAct = ({ admin }, { topic }) => admin.deleteTopics({ topics: [topic] });
const look: KafkaAct = ({ admin }, { topic }) => admin.fetchTopicOffsets(topic);
const lookAtGroup: KafkaAct = ({ admin }, { application }) =>
  admin.fetchOffsets({ groupId: application });
const giveRights: KafkaAct = ({ admin }) =>
  admin.createAcls({
    acl: [{
      ...{ principal: "User:health", host: "*", permissionType: 3, operation: 2 },
      ...{ resourceType: 2, resourcePatternType: 3, resourceName: "*" },
    }],
  });

/** What each role of `compose/kafka.acl` must not be able to do. */
const kafkaActs: Readonly<Record<string, readonly KafkaAct[]>> = {
  produce: [create, remove, lookAtGroup, giveRights],
  process: [write, create, remove, giveRights],
  provision: [write, remove, lookAtGroup, giveRights],
  registry: [write, look, lookAtGroup, giveRights],
  dev: [create, giveRights],
  health: [write, create, remove, look, lookAtGroup, giveRights],
};

/** What each role of `cql/roles.cql` must not be able to do. */
const statements: Readonly<Record<string, readonly string[]>> = {
  provision: ["CREATE ROLE other", "DROP KEYSPACE %", "LIST ROLES OF access"],
  process: ["CREATE TABLE %.other (a int PRIMARY KEY)", "DROP TABLE %.trades", "CREATE ROLE other"],
  grafana: [
    "INSERT INTO %.candles (symbol, resolution, bucket, window_start) " +
    "VALUES ('A', '1m', '2026-01-01', 0)",
    "TRUNCATE %.trades",
    "DROP TABLE %.trades",
    "SELECT * FROM system_auth.roles",
  ],
  dev: ["CREATE ROLE other", "SELECT * FROM system_auth.roles"],
};

/** That the real services refuse what no role may do, and who is no role. */
export async function refuseEverything(place: Place): Promise<void> {
  for (const [role, acts] of Object.entries(kafkaActs)) {
    for (const act of acts) {
      const work = withKafka(place, place.logins.kafka(role), (kafka) => act(kafka, place));
      await assert.rejects(work, isDenied, `${role} in Kafka`);
    }
  }
  const stranger = { username: "process", password: "wrong" };
  await assert.rejects(withKafka(place, stranger, ({ admin }) => admin.listTopics()), /auth/i);
  for (const [role, texts] of Object.entries(statements)) {
    await withCassandra(place, place.logins.cassandra(role), async (client) => {
      await client.execute(`SELECT * FROM ${place.keyspace}.candles`);
      for (const text of texts) {
        const statement = text.replace("%", place.keyspace);
        await assert.rejects(client.execute(statement), { code: unauthorized }, `${role}: ${text}`);
      }
    });
  }
  const factory = { username: "cassandra", password: "cassandra" };
  await assert.rejects(withCassandra(place, factory, () => Promise.resolve()));
}

/** Cassandra's code of an act without the right to it. */
const unauthorized = 0x2100;

/**
 * kafkajs has the broker's word in the type or in the text, of one error or of several; of a
 * coordinator that refuses it says that it was not found.
 */
const denied = /authorization[ _]failed|Failed to find group coordinator/i;

function isDenied(error: unknown): boolean {
  assert.match(Deno.inspect(error, { depth: 6 }), denied);
  return true;
}

async function withKafka(
  { brokers }: Place,
  login: Login,
  work: (kafka: { admin: Admin; producer: Producer }) => Promise<unknown>,
): Promise<void> {
  const sasl = { mechanism: "plain", ...login } as const;
  const kafka = new Kafka({
    brokers: [...brokers],
    sasl,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  try {
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.describeCluster(); // kafkajs finds no coordinator before it knows the brokers
    await work({ admin, producer });
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}

async function withCassandra(
  { cassandraPort: port }: Place,
  { username, password }: Login,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client({
    contactPoints: ["127.0.0.1"],
    protocolOptions: { port },
    localDataCenter: CASSANDRA_DATACENTER,
    authProvider: new auth.PlainTextAuthProvider(username, password),
  });
  try {
    await client.connect();
    await work(client);
  } finally {
    await endClient(client);
  }
}

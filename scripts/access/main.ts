/**
 * Gives each container of `compose/compose.yaml` its rights: `compose/kafka.acl` and
 * `cql/roles.cql`. Can be repeated.
 */
import { Kafka, logLevel } from "kafkajs";
import acls from "../../compose/kafka.acl" with { type: "text" };
import keyspaceTemplate from "../../cql/001_keyspace.cql" with { type: "text" };
import roles from "../../cql/roles.cql" with { type: "text" };
import {
  type CassandraConfig,
  cassandraReplicationFactor,
  cassandraSettings,
} from "../../src/app/cassandra_settings.ts";
import { nonEmpty } from "../../src/app/forms.ts";
import { type KafkaConfig, kafkaSettings } from "../../src/app/kafka_settings.ts";
import { type MainContext, runMain } from "../../src/app/lifecycle.ts";
import { type LogConfig, logSettings } from "../../src/app/log_settings.ts";
import type { Program } from "../../src/app/setting.ts";
import * as settings from "../../src/app/settings.ts";
import { assert } from "../../src/base/assert.ts";
import { Secret } from "../../src/base/secret.ts";
import { patiently } from "../../src/base/patience.ts";
import { renderStatement } from "../../src/cassandra/migration_files.ts";
import { tableNames } from "../../src/cassandra/names.ts";
import { aclEntries } from "./acls.ts";
import { connectAdministrator, roleStatements } from "./roles.ts";

interface AccessConfig extends KafkaConfig, CassandraConfig, LogConfig {
  readonly applicationId: string;
  readonly topic: string;
  readonly cassandraReplicationFactor: number;
  readonly passwordsFile: string;
}

const program: Program<AccessConfig> = {
  name: "access",
  summary: "Gives each container its rights in Kafka and Cassandra. It logs in as administrator.",
  settings: {
    applicationId: settings.applicationId,
    topic: settings.inputTopic,
    ...kafkaSettings,
    ...cassandraSettings,
    cassandraReplicationFactor,
    ...logSettings,
    passwordsFile: {
      option: "--passwords",
      path: "file",
      form: "a file with a line ROLE=PASSWORD for each role of Cassandra",
      meaning: "passwords of new roles",
      required: true,
      parse: nonEmpty,
    },
  },
};

async function giveTopics(config: AccessConfig): Promise<void> {
  const { kafkaUsername: username, kafkaPassword, topic, applicationId } = config;
  assert(username !== undefined && kafkaPassword !== undefined, "the administrator is known");
  const sasl = { mechanism: "plain", username, password: kafkaPassword.reveal() } as const;
  const brokers = [...config.brokers];
  const admin = new Kafka({ brokers, sasl, clientId: "access", logLevel: logLevel.NOTHING })
    .admin();
  await admin.connect();
  try {
    await admin.createAcls({ acl: aclEntries(acls, { topic, application: applicationId }) });
  } finally {
    await admin.disconnect();
  }
}

async function giveTables(config: AccessConfig, { hide }: MainContext): Promise<void> {
  const { cassandraUsername: username, cassandraPassword: password } = config;
  assert(username !== undefined && password !== undefined, "the administrator is known");
  const lines = (await Deno.readTextFile(config.passwordsFile)).trim().split("\n");
  const passwords: Record<string, string> = Object.fromEntries(
    lines.map((line) => line.split("=", 2)),
  );
  // They stand in statements, which an error may repeat.
  for (const each of Object.values(passwords)) hide(new Secret(each));
  const names = tableNames({
    keyspace: config.cassandraKeyspace,
    tradeTable: config.cassandraTradeTable,
    summaryTable: config.cassandraSummaryTable,
  });
  const { cassandraHosts, cassandraPort, cassandraDatacenter: datacenter } = config;
  const where = { contactPoints: cassandraHosts, port: cassandraPort, datacenter };
  const client = await connectAdministrator(where, { username, password });
  try {
    const { cassandraReplicationFactor: replicationFactor } = config;
    const keyspace = renderStatement(keyspaceTemplate, { names, replicationFactor, datacenter });
    const given = roleStatements(roles, { ...passwords, keyspace: names.keyspace });
    for (const statement of [keyspace, ...given]) await client.execute(statement);
  } finally {
    await client.shutdown();
  }
}

async function giveAccess(config: AccessConfig, context: MainContext): Promise<void> {
  await patiently("give the rights in Kafka", () => giveTopics(config), context);
  await patiently("give the rights in Cassandra", () => giveTables(config, context), context);
  context.logger.info("Every container has its rights");
}

if (import.meta.main) await runMain(program, giveAccess);

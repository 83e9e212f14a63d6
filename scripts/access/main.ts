/**
 * Gives each role its rights, in the containers of `compose/compose.yaml` or on a cluster of one's
 * own: `compose/kafka.acl` and `cql/roles.cql`. Can be repeated.
 */
import acls from "../../compose/kafka.acl" with { type: "text" };
import keyspaceTemplate from "../../cql/001_keyspace.cql" with { type: "text" };
import roles from "../../cql/roles.cql" with { type: "text" };
import {
  type CassandraConfig,
  cassandraContradictions,
  cassandraReplicationFactor,
  cassandraSettings,
} from "../../src/app/cassandra_settings.ts";
import { nonEmpty } from "../../src/app/forms.ts";
import {
  type KafkaConfig,
  kafkaContradictions,
  kafkaSettings,
  usesSasl,
} from "../../src/app/kafka_settings.ts";
import { type MainContext, runMain } from "../../src/app/lifecycle.ts";
import { type LogConfig, logSettings } from "../../src/app/log_settings.ts";
import type { Program } from "../../src/app/setting.ts";
import * as settings from "../../src/app/settings.ts";
import { configInvalid } from "../../src/app/read_config.ts";
import { Secret } from "../../src/base/secret.ts";
import { patiently } from "../../src/base/patience.ts";
import { renderStatement } from "../../src/cassandra/migration_files.ts";
import { tableNames } from "../../src/cassandra/names.ts";
import { connectKafka } from "../../src/kafka/connection.ts";
import { type Authorities, readAuthorities } from "../../src/wiring/authorities.ts";
import { cassandraOptions } from "../../src/wiring/cassandra.ts";
import { kafkaOptions } from "../../src/wiring/kafka.ts";
import { aclEntries } from "./acls.ts";
import { connectAdministrator, roleNames, roleStatements } from "./roles.ts";

interface AccessConfig extends KafkaConfig, CassandraConfig, LogConfig {
  readonly applicationId: string;
  readonly topic: string;
  readonly cassandraReplicationFactor: number;
  readonly passwordsFile: string;
}

interface Job {
  readonly config: AccessConfig;
  readonly context: MainContext;
  readonly authorities: Authorities;
  readonly passwords: Readonly<Record<string, string>>;
}

const program: Program<AccessConfig> = {
  name: "dev access",
  summary:
    "Gives the roles of compose/kafka.acl and cql/roles.cql their rights in Kafka and Cassandra; " +
    "it logs in to both as administrator. Roles that Cassandra lacks are created, users of Kafka " +
    "are not.",
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
      form: "a file with a line ROLE=PASSWORD for each role of cql/roles.cql",
      meaning: "passwords of new roles in Cassandra",
      required: true,
      parse: nonEmpty,
    },
  },
  contradictions: (config) => [
    ...kafkaContradictions(config),
    ...cassandraContradictions(config),
    ...missingLogins(config),
  ],
};

/** Rights are those of a login, so both services must want one. */
function missingLogins(config: AccessConfig): string[] {
  return [
    ...usesSasl(config) ? [] : ["KAFKA_SECURITY_PROTOCOL must be SASL_SSL or SASL_PLAINTEXT"],
    ...config.cassandraUsername === undefined ? ["CASSANDRA_USERNAME must be set"] : [],
  ];
}

async function giveTopics({ config, context, authorities }: Job): Promise<void> {
  const { topic, applicationId } = config;
  await using kafka = connectKafka(
    kafkaOptions(config, context, { clientId: "access", authorities }),
  );
  await kafka.createAcls(aclEntries(acls, { topic, application: applicationId }));
}

async function giveTables({ config, context, authorities, passwords }: Job): Promise<void> {
  const replicationFactor = config.cassandraReplicationFactor;
  const options = cassandraOptions(config, context, { authorities, replicationFactor });
  const names = tableNames(options);
  const client = await connectAdministrator(options);
  try {
    const { datacenter } = options;
    const keyspace = renderStatement(keyspaceTemplate, { names, replicationFactor, datacenter });
    const given = roleStatements(roles, { ...passwords, keyspace: names.keyspace });
    for (const statement of [keyspace, ...given]) await client.execute(statement);
  } finally {
    await client.shutdown();
  }
}

async function giveAccess(config: AccessConfig, context: MainContext): Promise<void> {
  const authorities = await readAuthorities(program.name, config);
  const passwords = await readPasswords(config.passwordsFile);
  // They stand in statements, which an error may repeat.
  for (const password of Object.values(passwords)) context.hide(new Secret(password));
  const job = { config, context, authorities, passwords };
  await patiently("give the rights in Kafka", () => giveTopics(job), context);
  await patiently("give the rights in Cassandra", () => giveTables(job), context);
  context.logger.info("Every role has its rights");
}

async function readPasswords(file: string): Promise<Readonly<Record<string, string>>> {
  const text = await Deno.readTextFile(file).catch((error: unknown) => {
    throw configInvalid(program.name, [`--passwords must be a file that can be read: ${error}`]);
  });
  const lines = text.split("\n").map((line) => line.trim());
  const passwords: Record<string, string> = Object.fromEntries(
    lines.filter((line) => line.includes("=")).map((line) => line.split("=", 2)),
  );
  const problems = roleNames(roles).filter((role) => !/^\w+$/.test(passwords[role] ?? ""))
    .map((role) => `${file} must have a line ${role}=PASSWORD, of letters, digits and underscores`);
  if (problems.length > 0) throw configInvalid(program.name, problems);
  return passwords;
}

if (import.meta.main) await runMain(program, giveAccess);

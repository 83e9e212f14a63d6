import {
  type CassandraConfig,
  cassandraContradictions,
  cassandraReplicationFactor,
  cassandraSettings,
} from "./cassandra_settings.ts";
import { type KafkaConfig, kafkaContradictions, kafkaSettings } from "./kafka_settings.ts";
import { type LogConfig, logSettings } from "./log_settings.ts";
import { readConfig } from "./read_config.ts";
import {
  type RegistryConfig,
  registryContradictions,
  registrySettings,
} from "./registry_settings.ts";
import type { GivenTexts, Program } from "./setting.ts";
import { kafkaRemedies } from "./remedies.ts";
import * as settings from "./settings.ts";

/** What `provision` needs to know. */
export interface ProvisionConfig extends KafkaConfig, RegistryConfig, CassandraConfig, LogConfig {
  readonly applicationId: string;
  readonly topic: string;
  readonly topicPartitions: number;
  readonly topicReplication: settings.TopicReplication;
  readonly extraSubject: string;
  readonly firstRun: boolean;
  readonly results: readonly settings.ResultsPlace[];
  readonly cassandraReplicationFactor: number;
}

/** Makes what the other programs find. */
export const provisionProgram: Program<ProvisionConfig> = {
  name: "provision",
  summary:
    "Creates the topics, the schema's subjects, the keyspace and its tables where they are " +
    "missing. What exists stays as it is.",
  settings: {
    applicationId: settings.applicationId,
    ...kafkaSettings,
    topic: settings.inputTopic,
    topicPartitions: settings.topicPartitions,
    topicReplication: settings.topicReplication,
    ...registrySettings,
    extraSubject: settings.schemaSubjectName,
    firstRun: settings.firstRun,
    results: settings.results,
    ...cassandraSettings,
    cassandraReplicationFactor,
    ...logSettings,
  },
  remedies: () => kafkaRemedies,
  contradictions: (config) => [
    ...kafkaContradictions(config),
    ...registryContradictions(config),
    ...cassandraContradictions(config),
  ],
};

/** @throws {PipelineError} `CONFIG_INVALID` with every problem. */
export function readProvisionConfig(
  environment: GivenTexts,
  args: readonly string[] = [],
): Readonly<ProvisionConfig> {
  return readConfig(provisionProgram, environment, args);
}

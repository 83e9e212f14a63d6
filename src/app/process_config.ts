import {
  type CassandraConfig,
  cassandraContradictions,
  cassandraSettings,
} from "./cassandra_settings.ts";
import { type EngineConfig, engineContradictions, engineSettings } from "./engine_settings.ts";
import { type HttpConfig, httpContradictions, httpSettings } from "./http_settings.ts";
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

/** What `process` needs to know. */
export interface ProcessConfig
  extends KafkaConfig, RegistryConfig, EngineConfig, CassandraConfig, HttpConfig, LogConfig {
  readonly stateDir: string;
  readonly standbyReplicas: number;
  readonly processThreads: settings.ProcessThreads;
  /** 0 takes a free one. */
  readonly httpPort: number;
  /** Where clients reach it; without a slash at its end. */
  readonly httpAdvertisedUrl: string | undefined;
  /** Where other instances reach it, where that differs; without a slash at its end. */
  readonly httpPeerUrl: string | undefined;
  /** Where other instances may be; anywhere where it is empty. */
  readonly httpPeerHosts: readonly string[];
  /** PEM file of authorities to trust besides those of the system. */
  readonly httpCaFile: string | undefined;
  readonly results: readonly settings.ResultsPlace[];
  readonly tradesTables: readonly settings.TradesTable[];
}

/** Kafka to Cassandra. */
export const processProgram: Program<ProcessConfig> = {
  name: "process",
  summary: "Turns the trades on Kafka into 15-second windows and writes both to Cassandra.",
  settings: {
    ...engineSettings,
    ...kafkaSettings,
    ...registrySettings,
    stateDir: settings.stateDir,
    standbyReplicas: settings.standbyReplicas,
    processThreads: settings.processThreads,
    results: settings.results,
    ...cassandraSettings,
    tradesTables: settings.tradesTablesWritten,
    ...httpSettings,
    httpPort: settings.httpPort,
    httpAdvertisedUrl: settings.httpAdvertisedUrl,
    httpPeerUrl: settings.httpPeerUrl,
    httpPeerHosts: settings.httpPeerHosts,
    httpCaFile: settings.httpCaFile,
    ...logSettings,
  },
  remedies: () => kafkaRemedies,
  contradictions: (config) => [
    ...engineContradictions(config),
    ...kafkaContradictions(config),
    ...registryContradictions(config),
    ...cassandraContradictions(config),
    ...httpContradictions(config),
  ],
};

/** @throws {PipelineError} `CONFIG_INVALID` with every problem. */
export function readProcessConfig(
  environment: GivenTexts,
  args: readonly string[] = [],
): Readonly<ProcessConfig> {
  return readConfig(processProgram, environment, args);
}

import { type CassandraConfig, cassandraSettings } from "./cassandra_settings.ts";
import { type EngineConfig, engineContradictions, engineSettings } from "./engine_settings.ts";
import { type LogConfig, logSettings } from "./log_settings.ts";
import { readConfig } from "./read_config.ts";
import type { GivenTexts, Program } from "./setting.ts";
import * as settings from "./settings.ts";

/** What `process` needs to know. */
export interface ProcessConfig extends EngineConfig, CassandraConfig, LogConfig {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** Without a slash at its end. */
  readonly registryUrl: string;
  readonly stateDir: string;
  readonly httpHost: string;
  /** 0 takes a free one. */
  readonly httpPort: number;
  readonly tradesTables: readonly settings.TradesTable[];
}

/** Kafka to Cassandra. */
export const processProgram: Program<ProcessConfig> = {
  name: "process",
  summary: "Turns the trades on Kafka into 15-second windows and writes both to Cassandra.",
  settings: {
    ...engineSettings,
    brokers: settings.kafkaBrokers,
    registryUrl: settings.registryUrl,
    stateDir: settings.stateDir,
    ...cassandraSettings,
    tradesTables: settings.tradesTablesWritten,
    httpHost: settings.httpHost,
    httpPort: settings.httpPort,
    ...logSettings,
  },
  contradictions: engineContradictions,
};

/** @throws {PipelineError} `CONFIG_INVALID` with every problem. */
export function readProcessConfig(
  environment: GivenTexts,
  args: readonly string[] = [],
): Readonly<ProcessConfig> {
  return readConfig(processProgram, environment, args);
}

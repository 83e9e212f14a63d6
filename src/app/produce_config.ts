import type { Secret } from "../base/secret.ts";
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
import { type SpoolConfig, spoolSettings } from "./spool_settings.ts";
import { kafkaRemedies } from "./remedies.ts";
import * as settings from "./settings.ts";

/** What `produce` needs to know. */
export interface ProduceConfig
  extends KafkaConfig, RegistryConfig, SpoolConfig, HttpConfig, LogConfig {
  readonly symbols: readonly string[];
  /** Where the symbols are instead, if anywhere. */
  readonly symbolsFile: string | undefined;
  readonly finnhubKey: Secret;
  /** As configured: without the key. */
  readonly finnhubUrl: string;
  readonly traceFeed: boolean;
  readonly topic: string;
  /** Subject under which the schema is registered as well when `firstRun` is set. */
  readonly extraSubject: string;
  readonly firstRun: boolean;
  /** 0 takes a free one. */
  readonly httpPort: number;
}

/** Finnhub to Kafka. */
export const produceProgram: Program<ProduceConfig> = {
  name: "produce",
  summary: "Subscribes to Finnhub and writes its trades to Kafka.",
  settings: {
    symbols: settings.finnhubSymbols,
    symbolsFile: settings.finnhubSymbolsFile,
    finnhubKey: settings.finnhubKey,
    finnhubUrl: settings.finnhubUrl,
    traceFeed: settings.finnhubTrace,
    ...kafkaSettings,
    topic: settings.inputTopic,
    ...registrySettings,
    extraSubject: settings.schemaSubjectName,
    firstRun: settings.firstRun,
    ...spoolSettings,
    ...httpSettings,
    httpPort: settings.produceHttpPort,
    ...logSettings,
  },
  remedies: () => kafkaRemedies,
  contradictions: (config) => [
    ...kafkaContradictions(config),
    ...registryContradictions(config),
    ...httpContradictions(config),
  ],
};

/** @throws {PipelineError} `CONFIG_INVALID` with every problem. */
export function readProduceConfig(
  environment: GivenTexts,
  args: readonly string[] = [],
): Readonly<ProduceConfig> {
  return readConfig(produceProgram, environment, args);
}

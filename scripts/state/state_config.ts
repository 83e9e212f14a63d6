import { type EngineConfig, engineSettings } from "../../src/app/engine_settings.ts";
import {
  type KafkaConfig,
  kafkaContradictions,
  kafkaSettings,
} from "../../src/app/kafka_settings.ts";
import { readConfig } from "../../src/app/read_config.ts";
import {
  type RegistryConfig,
  registryContradictions,
  registrySettings,
} from "../../src/app/registry_settings.ts";
import { type GivenTexts, type Program, type Setting, settingsOf } from "../../src/app/setting.ts";
import * as settings from "../../src/app/settings.ts";

/** Where the state of `process` is. */
export interface StateConfig extends EngineConfig, KafkaConfig, RegistryConfig {
  readonly stateDir: string;
  readonly results: readonly settings.ResultsPlace[];
}

const stateProgram: Program<StateConfig> = {
  name: "state",
  summary: "Inspects the local state of process, and resets it.",
  settings: {
    ...engineSettings,
    ...kafkaSettings,
    ...registrySettings,
    stateDir: settings.stateDir,
    results: settings.results,
  },
  contradictions: (config) => [...kafkaContradictions(config), ...registryContradictions(config)],
};

/** Settings of `start` that say how its folder is opened. */
const folderSettings: readonly Setting<unknown>[] = [
  settings.tradesTablesWritten,
  settings.tradesTtlSeconds,
  settings.embeddedSync,
];

/** What the command reads. */
export const stateSettings: readonly Setting<unknown>[] = [
  ...settingsOf(stateProgram),
  ...folderSettings,
];

/** @throws {PipelineError} `CONFIG_INVALID` with every problem. */
export function readStateConfig(environment: GivenTexts): Readonly<StateConfig> {
  return readConfig(stateProgram, environment);
}

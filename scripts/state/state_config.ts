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
import type { Program } from "../../src/app/setting.ts";
import * as settings from "../../src/app/settings.ts";

/** Where the state of `process` is. */
export interface StateConfig extends EngineConfig, KafkaConfig, RegistryConfig {
  readonly stateDir: string;
}

const stateProgram: Program<StateConfig> = {
  name: "state",
  summary: "Looks at the local state of process, and begins it anew.",
  settings: {
    ...engineSettings,
    ...kafkaSettings,
    ...registrySettings,
    stateDir: settings.stateDir,
  },
  contradictions: (config) => [...kafkaContradictions(config), ...registryContradictions(config)],
};

/** @throws {PipelineError} `CONFIG_INVALID` with every problem. */
export function readStateConfig(environment: Record<string, string>): Readonly<StateConfig> {
  return readConfig(stateProgram, environment);
}

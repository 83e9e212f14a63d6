import type { Secret } from "../base/secret.ts";
import { type EngineConfig, engineContradictions, engineSettings } from "./engine_settings.ts";
import { nonEmpty } from "./forms.ts";
import { type HttpConfig, httpContradictions, httpSettings } from "./http_settings.ts";
import { type LogConfig, logSettings } from "./log_settings.ts";
import { readConfig } from "./read_config.ts";
import { type ReplayConfig, replaySettings } from "./replay_options.ts";
import { folderRemedies } from "./remedies.ts";
import type { GivenTexts, Program, Setting } from "./setting.ts";
import * as settings from "./settings.ts";

/** What `start` needs to know. */
export interface StartConfig extends ReplayConfig, EngineConfig, HttpConfig, LogConfig {
  /** Everything that `start` keeps is in this folder. */
  readonly dataDir: string;
  /** 0 takes a free one. */
  readonly httpPort: number;
  readonly symbols: readonly string[];
  /** `undefined` for the simulated market. */
  readonly finnhubKey: Secret | undefined;
  /** As configured: without the key. */
  readonly finnhubUrl: string;
  readonly traceFeed: boolean;
  readonly tradesTables: readonly settings.TradesTable[];
  /** Lifetime of the stored trades, seconds; 0 is for no end. */
  readonly tradesTtlSeconds: number;
  readonly embeddedSync: settings.EmbeddedSync;
}

const dataDir: Setting<string> = {
  option: "--data",
  path: "folder",
  form: "a folder",
  meaning: "where everything is kept; the next start continues from there",
  defaultText: ".data",
  parse: nonEmpty,
};

/** The whole pipeline in one process. */
export const startProgram: Program<StartConfig> = {
  name: "start",
  summary: "Runs the whole pipeline in one process and serves its page. The market is simulated " +
    "unless there is a Finnhub key or a recording.",
  settings: {
    dataDir,
    ...replaySettings,
    httpPort: { ...settings.httpPort, option: "--port" },
    ...httpSettings,
    symbols: { ...settings.finnhubSymbols, defaultText: settings.demoSymbols },
    finnhubKey: settings.finnhubKeyOptional,
    finnhubUrl: settings.finnhubUrl,
    traceFeed: settings.finnhubTrace,
    ...engineSettings,
    tradesTables: settings.tradesTablesWritten,
    tradesTtlSeconds: settings.tradesTtlSeconds,
    embeddedSync: settings.embeddedSync,
    ...logSettings,
  },
  remedies: ({ dataDir }) => folderRemedies(dataDir),
  contradictions: (config) => [...engineContradictions(config), ...httpContradictions(config)],
};

/** @throws {PipelineError} `CONFIG_INVALID` with every problem. */
export function readStartConfig(
  environment: GivenTexts,
  args: readonly string[] = [],
): Readonly<StartConfig> {
  return readConfig(startProgram, environment, args);
}

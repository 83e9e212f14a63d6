import type { Secret } from "../base/secret.ts";
import { boolean, host, integer, positiveNumber } from "./forms.ts";
import { type LogConfig, logSettings } from "./log_settings.ts";
import { readConfig } from "./read_config.ts";
import { type ReplayConfig, replaySettings } from "./replay_options.ts";
import type { GivenTexts, Program, Setting } from "./setting.ts";
import * as settings from "./settings.ts";

/** What `feed` needs to know. */
export interface FeedConfig extends ReplayConfig, LogConfig {
  /** Asked for by name; the simulated market is also what runs without a recording. */
  readonly simulate: boolean;
  /** The simulated market's. */
  readonly symbols: readonly string[];
  /** Start of the simulated market's chances: the same seed gives the same market. */
  readonly seed: number;
  /** Trades per second of the simulated market, on average over all symbols. */
  readonly tradesPerSecond: number;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** `undefined` accepts every key. */
  readonly acceptedKey: Secret | undefined;
  /** Symbols that one connection may subscribe to. */
  readonly symbolLimit: number;
}

const simulate: Setting<boolean> = {
  option: "--simulate",
  form: "absent or true",
  meaning: "a seeded random market, the default without --replay",
  defaultText: "false",
  flag: true,
  notWith: "--replay",
  parse: boolean,
};

const seed: Setting<number> = {
  option: "--seed",
  form: "a whole number from 0 to 4294967295",
  meaning: "the same seed gives the same market",
  defaultText: "1",
  notWith: "--replay",
  parse: integer(0, 2 ** 32 - 1),
};

const tradesPerSecond: Setting<number> = {
  option: "--rate",
  form: "a number above 0",
  meaning: "trades per second of the simulated market, on average over all symbols",
  defaultText: "50",
  notWith: "--replay",
  parse: positiveNumber,
};

const feedHost: Setting<string> = {
  option: "--host",
  host: "address",
  form: "a host name or an address",
  meaning: "where to listen; 0.0.0.0 is everywhere",
  defaultText: "127.0.0.1",
  parse: host,
};

const feedPort: Setting<number> = {
  option: "--port",
  form: "a port number from 0 to 65535",
  meaning: "port to listen on; 0 takes a free one",
  defaultText: "8765",
  parse: integer(0, 65_535),
};

const symbolLimit: Setting<number> = {
  option: "--symbol-limit",
  form: "a whole number from 1 to 100000",
  meaning: "symbols that one connection may subscribe to; Finnhub's free plan has 50",
  defaultText: "50",
  parse: integer(1, 100_000),
};

/** A feed of our own that speaks Finnhub's protocol. */
export const feedProgram: Program<FeedConfig> = {
  name: "feed",
  summary: "Serves a simulated market or a recording in Finnhub's WebSocket protocol.",
  settings: {
    simulate,
    symbols: {
      ...settings.finnhubSymbols,
      option: "--symbols",
      meaning: "symbols of the simulated market",
      defaultText: settings.demoSymbols,
    },
    ...replaySettings,
    seed,
    tradesPerSecond,
    host: feedHost,
    port: feedPort,
    acceptedKey: settings.acceptedKey,
    symbolLimit,
    ...logSettings,
  },
};

/** @throws {PipelineError} `CONFIG_INVALID` with every problem. */
export function readFeedConfig(
  environment: GivenTexts,
  args: readonly string[] = [],
): Readonly<FeedConfig> {
  return readConfig(feedProgram, environment, args);
}

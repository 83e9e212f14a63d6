import type { Secret } from "../base/secret.ts";
import { byteCount, byteCountForm, durationSeconds, nonEmpty } from "./forms.ts";
import { type LogConfig, logSettings } from "./log_settings.ts";
import type { Program, Setting } from "./setting.ts";
import * as settings from "./settings.ts";

/** What `record` needs to know. */
export interface RecordConfig extends LogConfig {
  readonly symbols: readonly string[];
  /** Where the symbols are instead, if anywhere. */
  readonly symbolsFile: string | undefined;
  readonly finnhubKey: Secret;
  /** As configured: without the key. */
  readonly finnhubUrl: string;
  readonly traceFeed: boolean;
  readonly folder: string;
  readonly fileBytesMax: number;
  /** 0 for no bound. */
  readonly fileAgeSeconds: number;
}

const folder: Setting<string> = {
  option: "--out",
  path: "folder",
  form: "a folder",
  meaning: "where the recordings go",
  defaultText: ".data/recordings",
  parse: nonEmpty,
};

const fileBytesMax: Setting<number> = {
  option: "--file-bytes",
  form: byteCountForm,
  meaning: "size at which a new file is started",
  defaultText: "100MB",
  parse: byteCount,
};

const fileAgeSeconds: Setting<number> = {
  option: "--file-age",
  form: "seconds or a time like 7d, 12h, 30m (at most 7300d), or 0 for no end",
  meaning: "age at which a new file is started",
  defaultText: "1d",
  parse: durationSeconds(7300),
};

/** Finnhub to files. */
export const recordProgram: Program<RecordConfig> = {
  name: "record",
  summary: "Writes the frames of the feed into compressed files, which `feed --replay` and\n" +
    "`start --replay` play: the same bytes at the same intervals. No file contains the key.",
  settings: {
    symbols: settings.finnhubSymbols,
    symbolsFile: settings.finnhubSymbolsFile,
    finnhubKey: settings.finnhubKey,
    finnhubUrl: settings.finnhubUrl,
    traceFeed: settings.finnhubTrace,
    folder,
    fileBytesMax,
    fileAgeSeconds,
    ...logSettings,
  },
};

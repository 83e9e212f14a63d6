import { oneOf } from "./forms.ts";
import type { Setting, SettingsOf } from "./setting.ts";

/** From chatty to quiet. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** `auto` is text on a terminal and JSON lines elsewhere. */
export type LogFormat = "auto" | "text" | "json";

/** What every program knows about its log. */
export interface LogConfig {
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

const logLevel: Setting<LogLevel> = {
  variable: "LOG_LEVEL",
  group: "log",
  form: "debug, info, warning or error",
  meaning: "lowest level that is logged",
  defaultText: "info",
  parse: (text) => oneOf(levels)(text === "warn" ? "warning" : text),
};

const levels: readonly LogLevel[] = ["debug", "info", "warning", "error"];

const logFormat: Setting<LogFormat> = {
  variable: "LOG_FORMAT",
  group: "log",
  form: "auto, text or json",
  meaning: "format of the log; auto is text on a terminal and JSON lines elsewhere",
  defaultText: "auto",
  parse: oneOf<LogFormat>(["auto", "text", "json"]),
};

/** The log's settings, last in the table of every program. */
export const logSettings: SettingsOf<LogConfig> = { logLevel, logFormat };

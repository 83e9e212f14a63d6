import { configureSync, getLogger, type LogRecord } from "@logtape/logtape";
import type { LogFields, Logger } from "../base/logger.ts";
import { formatJson, formatText, type LogLine } from "./log_line.ts";
import type { LogConfig } from "./log_settings.ts";
import type { Scrub } from "./scrub.ts";

/** Where lines go; each call is one whole line without its end. */
export type WriteLine = (line: string) => void;

/** Where a log leads. */
export interface LogOutput {
  readonly write: WriteLine;
  /** Whether `write` leads to a person's terminal; decides what `auto` means. */
  readonly terminal: boolean;
  /** Takes secrets out of each line. */
  readonly scrub: Scrub;
}

/**
 * Sets the program's log up. Once per process: the last call decides.
 *
 * @param name The program, first part of every line's category.
 */
export function createLogger(
  name: string,
  config: LogConfig,
  output: LogOutput,
): Logger {
  const format = looksLikeText(config, output.terminal) ? formatText : formatJson;
  configureSync({
    reset: true,
    sinks: { output: (record) => output.write(output.scrub(format(lineOf(record)))) },
    loggers: [
      { category: [name], lowestLevel: config.logLevel, sinks: ["output"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["output"] },
    ],
  });
  return adapted(name);
}

function looksLikeText({ logFormat }: LogConfig, terminal: boolean): boolean {
  return logFormat === "text" || (logFormat === "auto" && terminal);
}

function adapted(name: string): Logger {
  const logger = getLogger([name]);
  return {
    debug: (message, fields) => logger.debug(literal(message), copied(fields)),
    info: (message, fields) => logger.info(literal(message), copied(fields)),
    warn: (message, fields) => logger.warn(literal(message), copied(fields)),
    error: (message, fields) => logger.error(literal(message), copied(fields)),
  };
}

/** Braces are placeholders to the library, and plain characters to us. */
function literal(message: string): string {
  return message.replaceAll("{", "{{").replaceAll("}", "}}");
}

function copied(fields: LogFields | undefined): Record<string, unknown> {
  return { ...fields };
}

function lineOf(record: LogRecord): LogLine {
  return {
    timeMs: record.timestamp,
    level: levelOf(record.level),
    name: record.category.join("."),
    message: record.message.join(""),
    fields: record.properties,
  };
}

function levelOf(level: LogRecord["level"]): LogLine["level"] {
  if (level === "trace") return "debug";
  return level === "fatal" ? "error" : level;
}

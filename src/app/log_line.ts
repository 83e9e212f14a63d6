import { describeError, PipelineError } from "../base/errors.ts";
import type { LogFields } from "../base/logger.ts";
import type { LogLevel } from "./log_settings.ts";

/** One line of the log before it has a look. */
export interface LogLine {
  /** Epoch ms. */
  readonly timeMs: number;
  readonly level: LogLevel;
  /** The program. */
  readonly name: string;
  readonly message: string;
  readonly fields: LogFields;
}

/**
 * What must not reach a terminal: controls, which steer it, and formats, which turn the direction of
 * writing or take no place (U+202E, U+200B); both could forge or hide what a line says.
 */
const invisible = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * `06:24:07.123 info    message  name="value"` for people.
 *
 * Further lines of a message are indented, so that none can pass for a line of the log.
 */
export function formatText(line: LogLine): string {
  const time = new Date(line.timeMs).toISOString().slice(11, 23);
  const fields = Object.entries(plainFields(line.fields))
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`).join("");
  const text = `${time} ${line.level.padEnd(7)} ${line.message}${fields && ` ${fields}`}`;
  return text.replace(invisible, escaped).replaceAll("\n", "\n  ");
}

/** One JSON object: `time`, `level`, `program`, `message`, then the fields. */
export function formatJson(line: LogLine): string {
  const own = {
    time: new Date(line.timeMs).toISOString(),
    level: line.level,
    program: line.name,
    message: line.message,
  };
  return JSON.stringify({ ...own, ...plainFields(line.fields), ...own })
    .replace(invisible, escaped);
}

/** Fields as JSON can hold them: errors as their messages, codes and contexts. */
export function plainFields(fields: LogFields): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) plain[name] = plainValue(value);
  }
  return plain;
}

function plainValue(value: unknown): unknown {
  if (value instanceof Error) return plainError(value);
  if (typeof value === "bigint") return value.toString();
  const json = JSON.stringify(
    value,
    (_, inner: unknown) => typeof inner === "bigint" ? inner.toString() : inner,
  );
  return json === undefined ? String(value) : JSON.parse(json);
}

/** A known fault needs no stack; a bug does. */
function plainError(error: Error): Record<string, unknown> {
  const message = describeError(error);
  return error instanceof PipelineError
    ? { code: error.code, message, ...error.context }
    : { name: error.name, message, stack: error.stack };
}

/** As JSON writes what it escapes, which reads the same in both forms. */
function escaped(character: string): string {
  if (character < " ") return JSON.stringify(character).slice(1, -1);
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

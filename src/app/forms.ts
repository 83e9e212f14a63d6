import { symbolFault } from "../base/symbol.ts";

/**
 * Parsers of setting texts. Each takes a trimmed text and answers `undefined` if the text does
 * not have the form.
 */

/** Whole numbers in `[min, max]`, in decimal digits. */
export function integer(
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number | undefined {
  return (text) => {
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : undefined;
  };
}

/** Numbers greater than 0, with or without a fraction. */
export function positiveNumber(text: string): number | undefined {
  const value = /^\d{1,12}(\.\d{1,9})?$/.test(text) ? Number(text) : 0;
  return value > 0 ? value : undefined;
}

/** `true`, `yes`, `1` and `false`, `no`, `0`, in any case: the original's words and their opposites. */
export function boolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (["true", "yes", "1"].includes(word)) return true;
  return ["false", "no", "0"].includes(word) ? false : undefined;
}

/** One of some words. */
export function oneOf<Word extends string>(
  words: readonly Word[],
): (text: string) => Word | undefined {
  return (text) => words.find((word) => word === text);
}

/** Any text that is not empty. */
export function nonEmpty(text: string): string | undefined {
  return text === "" ? undefined : text;
}

/** Parts between commas, trimmed; `undefined` if one does not have the form of `part`. */
export function commaList<T>(
  part: (text: string) => T | undefined,
): (text: string) => readonly T[] | undefined {
  return (text) => {
    const parts = text.split(",").map((piece) => part(piece.trim()));
    return parts.every((value) => value !== undefined) ? Object.freeze(parts) : undefined;
  };
}

/** A comma list in which nothing may occur twice. */
export function distinctList<T>(
  part: (text: string) => T | undefined,
): (text: string) => readonly T[] | undefined {
  const list = commaList(part);
  return (text) => {
    const parts = list(text);
    return parts !== undefined && new Set(parts).size === parts.length ? parts : undefined;
  };
}

/** An absolute URL of one of the protocols (`http:`), as given but for slashes at its end. */
export function url(protocols: readonly string[]): (text: string) => string | undefined {
  return (text) => {
    const parsed = URL.parse(text);
    const valid = parsed !== null && parsed.hostname !== "" && protocols.includes(parsed.protocol);
    return valid ? text.replace(/\/+$/, "") : undefined;
  };
}

/** The URL of an HTTP server without anything behind its host and port, as its origin is written. */
export function serverUrl(text: string): string | undefined {
  const parsed = URL.parse(url(["http:", "https:"])(text) ?? "");
  return parsed !== null && parsed.href === `${parsed.origin}/` ? parsed.origin : undefined;
}

/** A host name, an IPv4 address, or an IPv6 address in brackets. */
const hostPattern = /^(?:[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])$/i;

/** A host without a port. */
export function host(text: string): string | undefined {
  return hostPattern.test(text) && text.length <= 255 ? text : undefined;
}

/** A host without a port as it is in URLs, or a dot and a domain. */
export function hostOrSuffix(text: string): string | undefined {
  const valid = host(text.replace(/^\.(?=\w)/, "")) !== undefined;
  return valid ? text.toLowerCase() : undefined;
}

/** `host:port`, with a port that can be dialled. */
export function hostAndPort(text: string): string | undefined {
  const colon = text.lastIndexOf(":");
  const dialled = host(text.slice(0, Math.max(0, colon)));
  const port = integer(1, 65_535)(text.slice(colon + 1));
  return dialled === undefined || port === undefined ? undefined : text;
}

/**
 * A Kafka topic that leaves room for the suffixes of internal topics.
 *
 * @see org.apache.kafka.common.internals.Topic: 249 characters at most, `.` and `..` excluded.
 */
export function topicName(text: string): string | undefined {
  return /^[a-zA-Z0-9._-]{1,200}$/.test(text) && !/^\.\.?$/.test(text) ? text : undefined;
}

/**
 * A Cassandra name that means the same quoted and unquoted: lower case.
 *
 * @see Cassandra's SchemaConstants: 48 characters at most.
 */
export function cassandraName(text: string): string | undefined {
  return /^[a-z][a-z0-9_]{0,47}$/.test(text) ? text : undefined;
}

/** A symbol of the feed: may hold spaces and colons, no quotes or brackets of list notations. */
export function feedSymbol(text: string): string | undefined {
  return symbolFault(text) === undefined && !/["'[\]{},]/.test(text) ? text : undefined;
}

/** The symbols of a text with one a line or between commas, each once; `#` starts a comment. */
export function symbolLines(text: string): readonly string[] | undefined {
  const parts = text.split(/\r?\n/).map((line) => line.replace(/#.*/, ""))
    .flatMap((line) => line.split(",")).map((part) => part.trim()).filter((part) => part !== "");
  return parts.length === 0 ? undefined : distinctList(feedSymbol)(parts.join(","));
}

const secondsPerUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of `90`, `90s`, `15m`, `12h` or `7d`. */
export function durationSeconds(daysMax: number): (text: string) => number | undefined {
  return (text) => {
    const match = /^(\d{1,9})([smhd]?)$/.exec(text);
    if (match === null) return undefined;
    const seconds = Number(match[1]) * (secondsPerUnit[match[2] || "s"] ?? NaN);
    return seconds <= daysMax * 86_400 ? seconds : undefined;
  };
}

const bytesPerUnit: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** What `byteCount` takes, for people. */
export const byteCountForm = "bytes or a size like 500MB, 1GiB (at most 1TiB)";

/** Bytes of `4096`, `500MB` or `1GiB`; more than none, at most 1 TiB. */
export function byteCount(text: string): number | undefined {
  const match = /^(\d{1,13})([kMG]?B|[KMG]iB)?$/.exec(text);
  if (match === null) return undefined;
  const bytes = Number(match[1]) * (bytesPerUnit[match[2] ?? "B"] ?? NaN);
  return bytes > 0 && bytes <= 2 ** 40 ? bytes : undefined;
}

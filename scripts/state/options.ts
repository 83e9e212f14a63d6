import { parseArgs } from "node:util";
import { resolutions } from "../../src/market/resolutions.ts";
import { resolutionName, summaryWindowMs } from "../../src/market/tables.ts";

/** What can be done with the state. */
export const commands = [
  "ls",
  "get",
  "scan",
  "verify",
  "export",
  "reset",
  "repartition",
] as const;

/** One of them. */
export type Command = typeof commands[number];

/** What was asked for. */
export interface StateOptions {
  readonly command: Command;
  /** For `get`; the only one for `scan` and `export`, if given. */
  readonly symbol: string | undefined;
  /** Lengths of the windows, shortest first, ms. */
  readonly sizesMs: readonly number[];
  /** Window starts in `[fromMs, toMs)`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** For `get`: only the windows that this time lies in, epoch ms. */
  readonly windowMs: number | undefined;
  /** Windows of each symbol and length at most, the newest. */
  readonly limit: number;
  /** Folder of `start`; `undefined` for the state of `process`. */
  readonly dataDir: string | undefined;
  /** For `reset` and `repartition`: do it. */
  readonly yes: boolean;
  /** For `repartition`: how many; `undefined` for as many as the input has. */
  readonly partitions: number | undefined;
}

/** What `--help` prints. */
export const usage = `Inspects the local state of process, or of start, and resets it.

Usage: deno task state ls|get|scan|verify|export|reset [SYMBOL] [options]
       deno task state repartition [PARTITIONS] [options]

  ls               each task's store: rows, symbols, position in the input and the changelog
  get SYMBOL       a symbol's time and its newest windows
  scan [SYMBOL]    windows as lines of text
  export [SYMBOL]  windows as JSON lines
  verify           reads every row, and compares it with a state rebuilt from the changelog
  reset            lists what a reset would delete; with --yes deletes it. Everything is then
                   recomputed from the start of the input, and replaces the old rows
  repartition [N]  says what moving the state to N partitions would change; with --yes does it.
                   Without N: as many as the input has been given. Can be run again if it is cut short

Options
  --from TIME    windows from this start on: ISO 8601, or epoch ms
  --to TIME      and before this one
  --window TIME  get: the one window that this time lies in
  --resolution R length of the windows: 15s, 1m, 5m, 1h, 1d, all   (default 15s; export: all)
  --limit N      of each symbol and length the N newest            (default 20; export: all)
  --data DIR     the state of "deno task start" in this folder, not that of process
  --yes          reset, repartition: do it
  --help         this text

The settings are those of process: STATE_DIR, APPLICATION_ID, TOPIC_KAFKA, those of KAFKA_…
and SCHEMA_REGISTRY_…; a file .env is read. Stop the process first: a store has one user.

Exit codes: 0 done, 1 something is wrong with the state or in the way, 2 wrong arguments.`;

/** Windows of every length. */
const allSizes = "all";

/** Length of the windows that people are shown. */
const shownSize = resolutionName(summaryWindowMs);

/**
 * Reads the command line.
 *
 * @throws {TypeError} With what is wrong.
 */
export function parseStateOptions(args: readonly string[]): StateOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      from: { type: "string" },
      to: { type: "string" },
      window: { type: "string" },
      resolution: { type: "string" },
      limit: { type: "string" },
      data: { type: "string" },
      yes: { type: "boolean", default: false },
    },
  });
  const [name, symbol, ...more] = positionals;
  const command = commands.find((known) => known === name);
  if (command === undefined) {
    throw new TypeError(`command must be one of ${commands.join(", ")}: received "${name ?? ""}"`);
  }
  const partitions = command === "repartition" ? countOf("PARTITIONS", symbol) : undefined;
  if (more.length > 0) throw new TypeError(`one symbol at most: received ${more.length + 1}`);
  if (command === "get" && symbol === undefined) throw new TypeError("get needs a symbol");
  const windowMs = timeOf("--window", values.window);
  if (windowMs !== undefined && command !== "get") throw new TypeError("--window is for get");
  if (windowMs !== undefined && (values.from ?? values.to) !== undefined) {
    throw new TypeError("--window must be absent beside --from and --to");
  }
  return {
    command,
    symbol,
    sizesMs: sizesOf(values.resolution ?? (command === "export" ? allSizes : shownSize)),
    fromMs: timeOf("--from", values.from) ?? 0,
    toMs: timeOf("--to", values.to) ?? Number.MAX_SAFE_INTEGER,
    windowMs,
    limit: countOf("--limit", values.limit) ??
      (command === "export" ? Number.MAX_SAFE_INTEGER : 20),
    dataDir: values.data,
    yes: values.yes,
    partitions,
  };
}

function sizesOf(resolution: string): readonly number[] {
  if (resolution === allSizes) return [...resolutions.values()];
  const sizeMs = resolutions.get(resolution);
  if (sizeMs !== undefined) return [sizeMs];
  const names = [...resolutions.keys(), allSizes].join(", ");
  throw new TypeError(`--resolution must be one of ${names}: received "${resolution}"`);
}

function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const timeMs = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(timeMs) && timeMs >= 0) return timeMs;
  throw new TypeError(`${option} must be ISO 8601 or epoch ms: received "${text}"`);
}

function countOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new TypeError(`${name} must be a whole number > 0: received "${text}"`);
}

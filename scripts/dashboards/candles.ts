import { resolutions } from "../../src/market/resolutions.ts";
import { magnitudeMax } from "../../src/market/trade.ts";
import { cassandra } from "./data_sources.ts";
import type { Target } from "./panels.ts";

/** Years before the range's end whose candles of a day are found. */
const yearsMax = 20;

/** More than any range that is looked at, ms. Times a year's 4.2 million steps it is below 2^63. */
const farMs = 2_000_000_000_000;

const from = "(timestamp)$__timeFrom";
const to = "(timestamp)$__timeTo";

/** Time that the panel has for each pixel of its width, or each point it may have: Grafana fills it in. */
const stepMs = "$__interval_ms";

/** Rows of windows in which a trade could move the price: the plugin would show 0 for the others. */
export const withPrice: string = `AND close >= -${magnitudeMax} ALLOW FILTERING`;

/** A length of candles. */
interface Length {
  readonly name: string;
  readonly sizeMs: number;
  /** Steps that it is for: above the first, up to the second; no bound where there is none. */
  readonly aboveMs: number | undefined;
  readonly upToMs: number | undefined;
}

const lengths: readonly Length[] = [...resolutions].map(([name, sizeMs], index, all) => {
  const shorterMs = all[index - 1]?.[1];
  return {
    name,
    sizeMs,
    aboveMs: shorterMs === undefined ? undefined : shorterMs / 2,
    upToMs: index === all.length - 1 ? undefined : sizeMs / 2,
  };
});

/**
 * Queries of the table `candles`, one for each length, of which one finds rows: that of the shortest
 * candle that is as long as two of the panel's steps. So range and width bound the number of rows.
 */
export function candleTargets(
  { symbols, columns, rest = "", alias }: {
    /** Condition on the symbol. */
    readonly symbols: string;
    /** Columns after the symbol, which names the series. */
    readonly columns: string;
    /** What follows the conditions. */
    readonly rest?: string;
    readonly alias?: string;
  },
): Target[] {
  return lengths.map((length) => ({
    refId: length.name,
    ...cassandra.query(
      `SELECT symbol, ${columns} FROM candles WHERE ${symbols} ` +
        `AND resolution = '${length.name}' AND bucket IN (${buckets(length)}) ` +
        `AND window_start >= ${firstStart(length)} AND window_start <= $__timeTo ${rest}`,
      alias,
    ),
  }));
}

/**
 * The start of the candle that holds the range's start; for steps that the length is not for, a time
 * far beyond the range's end, as the plugin has no other way to leave a query out.
 */
function firstStart({ sizeMs, aboveMs, upToMs }: Length): string {
  const sum = [
    product("$__timeFrom", sizeMs, sizeMs),
    ...aboveMs === undefined ? [] : [product(aboveMs, stepMs, farMs)],
    ...upToMs === undefined ? [] : [product(stepMs, upToMs + 1, farMs)],
  ];
  const startMs = sum.reduce((left, right) => operation(left, "+", right));
  return `blob_as_timestamp(bigint_as_blob(${startMs}))`;
}

/** How often `part` is in `whole`, times `each`. */
function product(whole: number | string, part: number | string, each: number): string {
  return operation(operation(bigint(whole), "/", bigint(part)), "*", bigint(each));
}

/**
 * An operation with its type. Cassandra (5.0.5) wants the type of every constant, and looks for an
 * operator that takes untyped results in an order that differs between two starts of a node: the same
 * statement works on one node, and on another "the '*' operation is not supported".
 */
function operation(left: string, operator: "*" | "/" | "+", right: string): string {
  return `(bigint)(${left} ${operator} ${right})`;
}

function bigint(constant: number | string): string {
  return `(bigint)${constant}`;
}

/** Partitions of the range, which spans two at most while panels are narrower than 8,000 pixels. */
function buckets({ sizeMs, upToMs }: Length): string {
  if (sizeMs < 60_000) return `to_date(${from}), to_date(${to})`;
  if (sizeMs < 3_600_000) return startsOf("1mo", [from, to]);
  if (upToMs !== undefined) return startsOf("1y", [from, to]);
  return startsOf("1y", Array.from({ length: yearsMax }, (_, index) => `${to} - ${index}y`));
}

function startsOf(unit: string, times: readonly string[]): string {
  return times.map((time) => `to_date(floor(${time}, ${unit}))`).join(", ");
}

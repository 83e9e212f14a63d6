/** What the answers in JSON hold, member by member as `wire.ts` and `ports.ts` have it. */
import { resolutions } from "../market/resolutions.ts";
import type { StandbyState, TaskState } from "../streams/task/status.ts";
import type { AnswerPlace, FeedKind, SymbolSummary } from "./ports.ts";
import {
  count,
  flag,
  list,
  nullable,
  number,
  object,
  oneOf,
  type Schema,
  text,
  time,
} from "./schema.ts";
import type {
  AllSymbolsJson,
  CandleJson,
  CandlesJson,
  CountsJson,
  HealthJson,
  InputJson,
  LocalSymbols,
  ResolutionJson,
  RestoreJson,
  StandbyJson,
  TaskJson,
  TradeJson,
  TradesJson,
} from "./wire.ts";

const resolution = oneOf([...resolutions.keys()]);

/** The values of a type, each once. */
function valuesOf<T extends string>(values: Readonly<Record<T, true>>): Schema {
  return oneOf(Object.keys(values));
}

const price = nullable(number("null while no trade could move it"));

/** One window. */
export const candle: Schema = object<CandleJson>({
  start: time("start of the window, inclusive"),
  end: time("end of the window, exclusive"),
  open: price,
  high: price,
  low: price,
  close: price,
  volume: number(),
  vwap: nullable(number("sum(price * volume) / sum(volume); null where nothing was traded")),
  count: count("trades"),
  price_volume_multiply: number("mean of price * volume over the trades"),
  final: flag("the window is closed and cannot change any more"),
});

const tablesOnly = { cassandra: true, sqlite: true, none: true } as const;

export const candlesSchema: Schema = object<CandlesJson>({
  symbol: text(),
  resolution,
  candles: list(candle, "newest first"),
  parts: list(
    object<CandlesJson["parts"][number]>({
      from: valuesOf<AnswerPlace | "owner">({ state: true, owner: true, ...tablesOnly }),
      count: count(),
    }),
    "how many of the candles, one after another, come from where: `state` is what this instance " +
      "has committed, `owner` the same of another instance, the others are tables",
  ),
  next: nullable(text("where to ask for the page before in time; null once there is none")),
});

/** One trade. */
export const trade: Schema = object<TradeJson>({
  id: { ...text("unique within its symbol; may exceed 2^53"), pattern: "^-?\\d+$" },
  time: time("when it was traded"),
  price: number(),
  volume: number(),
  conditions: nullable(text("codes, joined by a comma")),
  received: time("when its frame was received"),
});

export const tradesSchema: Schema = object<TradesJson>({
  symbol: text(),
  from: valuesOf<TradesJson["from"]>(tablesOnly),
  trades: list(trade, "newest first"),
});

/** A symbol at a glance. */
export const summary: Schema = object<SymbolSummary>({
  symbol: text(),
  partition: count("of the input"),
  price: number("of the latest trade"),
  time: time("of the latest trade"),
  volume: number("of the UTC day of that trade"),
  count: count("trades of that day"),
});

export const localSymbolsSchema: Schema = object<LocalSymbols>({
  symbols: list(summary, "of this instance: `scope=local`"),
  partitions: list(count(), "these are all symbols of these partitions"),
});

export const symbolsSchema: Schema = {
  oneOf: [
    object<AllSymbolsJson>({
      symbols: list(summary, "of every instance, by name"),
      missing_partitions: list(count(), "no instance answered for these"),
    }),
    localSymbolsSchema,
  ],
};

const counts = object<CountsJson>({
  read: count("the sum of the next four"),
  aggregated: count(),
  late: count(),
  dead_letters: count(),
  duplicates: count(),
  rekeyed: count("sent on to the partition of their key; not among those read"),
});

const restore = object<RestoreJson>({
  restored_records: count(),
  remaining_offsets: count(),
  records_per_second: number(),
});

const task = object<TaskJson>({
  topic: text(),
  partition: count(),
  state: valuesOf<TaskState>({
    ...{ created: true, fencing: true, restoring: true, running: true },
    ...{ failed: true, closing: true, closed: true },
  }),
  committed_offset: nullable(count("next input offset")),
  lag_records: nullable(count()),
  changelog_position: nullable(count()),
  last_commit: nullable(time("by the server's clock")),
  last_commit_duration_ms: nullable(number()),
  restore: nullable(restore),
  counts,
  problem: nullable(text()),
});

const standby = object<StandbyJson>({
  topic: text(),
  partition: count(),
  state: valuesOf<StandbyState>({ opening: true, following: true, failed: true }),
  changelog_position: nullable(count()),
  remaining_offsets: nullable(count()),
  problem: nullable(text()),
});

const input = object<InputJson>({
  passed: count("trades that got into their windows since the start"),
  late: count(),
  dead_letters: count(),
  last_passed: nullable(time("when a trade last got through, by the server's clock")),
  blocked: nullable(text("what keeps every trade out; null while any gets through")),
});

export const healthSchema: Schema = object<HealthJson>({
  application: text(),
  topic: text("input"),
  feed: valuesOf<FeedKind>({ live: true, simulated: true, replay: true }),
  ready: flag(),
  problems: list(text(), "what stands in the way"),
  notices: list(text(), "what people should know although the program works"),
  input,
  now: time("the server's clock"),
  resolutions: list(
    object<ResolutionJson>({ name: resolution, size_ms: count() }),
    "on offer, shortest first",
  ),
  tasks: list(task),
  standbys: list(standby),
});

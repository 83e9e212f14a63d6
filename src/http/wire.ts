/** The JSON shapes of the HTTP surface: snake_case names, times in epoch ms, ids as text. */
import { resolutions } from "../market/resolutions.ts";
import type { ResultPlace } from "../market/queries.ts";
import type { TradeRow, WindowRow } from "../market/rows.ts";
import { resolutionName } from "../market/tables.ts";
import type { ItemCounts } from "../streams/item_counts.ts";
import type { StandbyState, StandbyStatus, TaskState, TaskStatus } from "../streams/task/status.ts";
import type {
  AnswerPlace,
  Elsewhere,
  FeedKind,
  InputStatus,
  LiveView,
  SymbolSummary,
} from "./ports.ts";

/** One window; open, high, low, close are `null` while no trade could move the price. */
export interface CandleJson {
  readonly start: number;
  readonly end: number;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
  readonly volume: number;
  readonly vwap: number | null;
  readonly count: number;
  readonly price_volume_multiply: number;
  readonly final: boolean;
}

/** What `/api/candles` answers. */
export interface CandlesJson {
  readonly symbol: string;
  readonly resolution: string;
  /** Newest first. */
  readonly candles: readonly CandleJson[];
  /** How many of them, one after another, come from where; `owner`: another instance's state. */
  readonly parts: readonly { readonly from: AnswerPlace | "owner"; readonly count: number }[];
  /** Where to ask for the page before in time; `null` once there is none. */
  readonly next: string | null;
}

/** What one instance knows by itself; the answer to `/api/symbols?scope=local`. */
export interface LocalSymbols {
  readonly symbols: readonly SymbolSummary[];
  /** Partitions of which these are all symbols. */
  readonly partitions: readonly number[];
}

/** What `/api/symbols` answers of all instances. */
export interface AllSymbolsJson {
  readonly symbols: readonly SymbolSummary[];
  readonly missing_partitions: readonly number[];
}

/** One trade. */
export interface TradeJson {
  /** Unique within its symbol; decimal text, because it may exceed 2^53. */
  readonly id: string;
  readonly time: number;
  readonly price: number;
  readonly volume: number;
  readonly conditions: string | null;
  readonly received: number;
}

/** What `/api/trades` answers. */
export interface TradesJson {
  readonly symbol: string;
  readonly from: ResultPlace;
  /** Newest first. */
  readonly trades: readonly TradeJson[];
}

/** One task of this instance. */
export interface TaskJson {
  readonly topic: string;
  readonly partition: number;
  readonly state: TaskState;
  readonly committed_offset: number | null;
  readonly lag_records: number | null;
  readonly changelog_position: number | null;
  readonly last_commit: number | null;
  readonly last_commit_duration_ms: number | null;
  readonly restore: RestoreJson | null;
  readonly counts: CountsJson;
  readonly problem: string | null;
}

/** A copy of another instance's state as JSON. */
export interface StandbyJson {
  readonly topic: string;
  readonly partition: number;
  readonly state: StandbyState;
  readonly changelog_position: number | null;
  readonly remaining_offsets: number | null;
  readonly problem: string | null;
}

/** Progress of a restore. */
export interface RestoreJson {
  readonly restored_records: number;
  readonly remaining_offsets: number;
  readonly records_per_second: number;
}

/** What became of the items read. */
export interface CountsJson {
  readonly read: number;
  readonly aggregated: number;
  readonly late: number;
  readonly dead_letters: number;
  readonly duplicates: number;
  /** Sent on to the partition of their key; not among those read. */
  readonly rekeyed: number;
}

/** A window length that `/api/candles` answers. */
export interface ResolutionJson {
  readonly name: string;
  readonly size_ms: number;
}

/** What became of the input since the program started. */
export interface InputJson {
  /** Trades that got into their windows. */
  readonly passed: number;
  readonly late: number;
  /** Trades and messages that were refused, those that never reached a task included. */
  readonly dead_letters: number;
  /** When a trade last got through, by the server's wall clock. */
  readonly last_passed: number | null;
  /** What keeps every trade out, as a sentence; `null` while any gets through. */
  readonly blocked: string | null;
}

/** What `/api/tasks` and the stream's `health` event say. */
export interface HealthJson {
  readonly application: string;
  readonly topic: string;
  readonly feed: FeedKind;
  readonly ready: boolean;
  readonly problems: readonly string[];
  /** What people should know although the program works. */
  readonly notices: readonly string[];
  readonly input: InputJson;
  /** The server's wall clock, against which `last_commit` is to be judged. */
  readonly now: number;
  /** What candles can be asked for, shortest first; the page offers exactly these. */
  readonly resolutions: readonly ResolutionJson[];
  readonly tasks: readonly TaskJson[];
  readonly standbys: readonly StandbyJson[];
}

/** What the stream's `elsewhere` event says of the partitions that other instances have. */
export interface ElsewhereJson {
  readonly heard_partitions: readonly number[];
  /** No instance answers: what is known of their symbols is of before. */
  readonly missing_partitions: readonly number[];
  /** Of any of them, by the clock of the instance that tells it. */
  readonly last_commit: number | null;
}

/** A window as JSON. */
export function candleJson(row: WindowRow): CandleJson {
  return {
    start: row.startMs,
    end: row.endMs,
    open: row.open,
    high: row.high,
    low: row.low,
    close: row.close,
    volume: row.volume,
    vwap: row.vwap,
    count: row.count,
    price_volume_multiply: row.priceVolumeMultiply,
    final: row.final,
  };
}

/** A window as the stream sends it. */
export function streamedCandleJson(
  row: WindowRow,
): CandleJson & { readonly symbol: string; readonly resolution: string } {
  return { symbol: row.symbol, resolution: resolutionName(row.sizeMs), ...candleJson(row) };
}

/** A trade as JSON. */
export function tradeJson(row: TradeRow): TradeJson {
  return {
    id: String(row.tradeId),
    time: row.tradeTimeMs,
    price: row.price,
    volume: row.volume,
    conditions: row.conditions,
    received: row.receivedAtMs,
  };
}

/** State of the program as JSON. */
export function healthJson(view: LiveView, nowMs: number): HealthJson {
  const { ready, problems, notices = [] } = view.health();
  return {
    application: view.application,
    topic: view.topic,
    feed: view.feed,
    ready,
    problems,
    notices,
    input: inputJson(view.input()),
    now: nowMs,
    resolutions: [...resolutions].map(([name, sizeMs]) => ({ name, size_ms: sizeMs })),
    tasks: view.tasks().map(taskJson),
    standbys: view.standbys().map(standbyJson),
  };
}

function inputJson(input: InputStatus): InputJson {
  return {
    passed: input.passed,
    late: input.late,
    dead_letters: input.deadLetters,
    last_passed: input.lastPassedMs ?? null,
    blocked: input.blocked ?? null,
  };
}

function standbyJson(standby: StandbyStatus): StandbyJson {
  return {
    topic: standby.topic,
    partition: standby.partition,
    state: standby.state,
    changelog_position: standby.changelogPosition ?? null,
    remaining_offsets: standby.remainingOffsets ?? null,
    problem: standby.problem ?? null,
  };
}

/** What is heard of other instances as JSON. */
export function elsewhereJson({ heard, missing, lastCommitMs }: Elsewhere): ElsewhereJson {
  return {
    heard_partitions: heard,
    missing_partitions: missing,
    last_commit: lastCommitMs ?? null,
  };
}

function taskJson(task: TaskStatus): TaskJson {
  return {
    topic: task.topic,
    partition: task.partition,
    state: task.state,
    committed_offset: task.committedOffset ?? null,
    lag_records: task.lagRecords ?? null,
    changelog_position: task.changelogPosition ?? null,
    last_commit: task.lastCommitAtMs ?? null,
    last_commit_duration_ms: task.lastCommitDurationMs ?? null,
    restore: restoreJson(task.restore),
    counts: countsJson(task.counts),
    problem: task.problem ?? null,
  };
}

function restoreJson(restore: TaskStatus["restore"]): RestoreJson | null {
  return restore === undefined ? null : {
    restored_records: restore.restoredRecords,
    remaining_offsets: restore.remainingOffsets,
    records_per_second: restore.recordsPerSecond,
  };
}

function countsJson(counts: ItemCounts): CountsJson {
  return {
    read: counts.read,
    aggregated: counts.aggregated,
    late: counts.late,
    dead_letters: counts.deadLetters,
    duplicates: counts.duplicates,
    rekeyed: counts.rekeyed,
  };
}

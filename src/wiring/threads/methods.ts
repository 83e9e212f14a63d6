import type { ProcessConfig } from "../../app/process_config.ts";
import { Secret } from "../../base/secret.ts";
import type { LogFields, Logger } from "../../base/logger.ts";
import type { ThreadFigures } from "../../http/metrics/metrics.ts";
import type {
  CandleRange,
  FoundCandles,
  FoundTrades,
  InputStatus,
  LiveUpdate,
  SymbolSummary,
} from "../../http/ports.ts";
import type { ThreadReport } from "../../http/view/threads_view.ts";
import type { HeldState, TaskAssignment } from "../../streams/ports.ts";
import type { Authorities } from "../authorities.ts";
import type { PackedError } from "./packed_error.ts";

/** With what a thread begins. */
export interface ThreadStart {
  /** From 0. */
  readonly thread: number;
  readonly config: PackedConfig;
  readonly authorities: Authorities;
  /** Partitions whose stores it may open at first. */
  readonly owned: readonly number[];
}

/** What a thread that processes answers. */
export interface ThreadMethods {
  /** Processes until `stop`; what became of the input. */
  run(start: ThreadStart): Promise<InputStatus>;
  /** Ends `run`: drains, commits, closes. */
  stop(): void;
  owns(partitions: readonly number[]): void;
  held(): Promise<ReadonlyMap<number, HeldState>>;
  assigned(assignment: TaskAssignment): Promise<void>;
  lost(): Promise<void>;
  watch(): Promise<readonly SymbolSummary[]>;
  rest(): void;
  candles(symbol: string, range: CandleRange): Promise<FoundCandles | undefined>;
  trades(symbol: string, limit: number): Promise<FoundTrades | undefined>;
  figures(): Promise<ThreadFigures>;
}

/** What the main thread answers those that process. */
export interface MainMethods {
  /** Its code is loaded. */
  loaded(): void;
  log(level: keyof Logger, message: string, fields: LogFields): void;
  waits(problem: string): void;
  reports(report: ThreadReport): void;
  told(update: LiveUpdate): void;
  /** Takes part in the group until the instance has left it. */
  join(topic: string): Promise<void>;
  /** Ends that. */
  leave(): void;
  reconsider(): void;
  /** An error that nothing caught: the thread is not to be trusted any more. */
  crashed(error: PackedError): void;
}

/** Settings as they go to a thread: a clone of a secret would be an empty object. */
export type PackedConfig = Readonly<Record<string, unknown>>;

interface PackedSecret {
  readonly secretText: string;
}

export function packConfig(config: ProcessConfig): PackedConfig {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      value instanceof Secret ? { secretText: value.reveal() } satisfies PackedSecret : value,
    ]),
  );
}

export function unpackConfig(packed: PackedConfig): ProcessConfig {
  const config = Object.fromEntries(
    Object.entries(packed).map(([name, value]) => [
      name,
      isPackedSecret(value) ? new Secret(value.secretText) : value,
    ]),
  );
  return Object.freeze(config) as unknown as ProcessConfig;
}

function isPackedSecret(value: unknown): value is PackedSecret {
  return typeof value === "object" && value !== null && "secretText" in value;
}

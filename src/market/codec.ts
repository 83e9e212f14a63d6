import type { WithValue } from "../streams/mod.ts";
import type { Trade } from "./trade.ts";

/** Reads and writes the values of the input topic: the trades of one frame. */
export interface TradeCodec {
  /** The trades as one record value. */
  encode(trades: readonly Trade[]): Uint8Array;
  /**
   * Fetches what `decode` needs for these values (writers' schemas), so that it can be synchronous.
   *
   * @throws {PipelineError} `REGISTRY_UNAVAILABLE`.
   */
  prepare(records: readonly WithValue[]): Promise<void>;
  /**
   * @throws {PipelineError} `RECORD_MALFORMED` or `SCHEMA_UNKNOWN`.
   */
  decode(value: Uint8Array): Trade[];
}

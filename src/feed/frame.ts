import type { Trade } from "../market/trade.ts";
import type { Message } from "./message.ts";

/** A message as it came from the feed, before it is parsed. */
export interface Frame extends Message {
  /** When it was received, epoch ms. */
  readonly receivedAtMs: number;
  /** Its number within the source, from 1; a source that can be repeated repeats it. */
  readonly sequence: number;
}

/** Frames from anywhere: a socket, a recording, a simulated market. */
export interface FrameSource {
  /** Names the producer of these frames; stable where the source can be repeated. */
  readonly producerId: string;
  /** Yields until the source ends or the signal fires; does not throw on shutdown. */
  frames(signal: AbortSignal): AsyncIterable<Frame>;
}

/** An entry of a frame that cannot be a trade. */
export interface EntryFault {
  /** Its place in `data`, from 0. */
  readonly index: number;
  /** What is wrong, without the entry itself. */
  readonly fault: string;
}

/**
 * What a frame says.
 *
 * A frame of trades keeps what can be traded on: impossible entries are named in `faults`, the
 * others are in `trades`, in the frame's order. Both are empty for a frame without entries.
 */
export type ParsedFrame =
  | {
    readonly kind: "trades";
    readonly trades: readonly Trade[];
    readonly faults: readonly EntryFault[];
  }
  | { readonly kind: "ping" }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "malformed"; readonly cause: string };

import type { Trade } from "../market/trade.ts";

/** A message as it came from the feed, before anybody looked into it. */
export interface Frame {
  readonly text: string;
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

/** What a frame says. */
export type ParsedFrame =
  | { readonly kind: "trades"; readonly trades: readonly Trade[] }
  | { readonly kind: "ping" }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "malformed"; readonly cause: string };

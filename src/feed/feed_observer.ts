import type { ConnectionEnd } from "./reconnect.ts";

/** Told what the client does; for metrics. Must not throw. */
export interface FeedObserver {
  connected(): void;
  /** A connection, or an attempt to make one, has ended. */
  disconnected(end: ConnectionEnd): void;
  frameReceived(bytes: number): void;
  /** The server refused a subscription: an unknown symbol, or one too many. */
  subscriptionRefused(): void;
  /** The reader is slower than the feed: the socket is not read for now. */
  paused(): void;
  /** The socket is read again. */
  resumed(): void;
}

/** Counts nothing. */
export const noFeedObserver: FeedObserver = {
  connected() {},
  disconnected() {},
  frameReceived() {},
  subscriptionRefused() {},
  paused() {},
  resumed() {},
};

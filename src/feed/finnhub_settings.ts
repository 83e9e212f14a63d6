import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { Random } from "../base/random.ts";
import type { Secret } from "../base/secret.ts";
import { type FeedObserver, noFeedObserver } from "./feed_observer.ts";
import { finnhubReconnectPolicy, type ReconnectPolicy } from "./reconnect.ts";
import type { OpenSocket } from "./socket.ts";

/** Silence after which a connection counts as dead, ms: Finnhub pings about once a minute. */
const silenceMsDefault = 150_000;

/** How long a symbol that was refused as unknown is left alone, ms. */
const refusedRetryMsDefault = 10 * 60_000;

/** Frames that wait for the reader, bytes; then the server has to wait. */
const bufferBytesMaxDefault = 4 * 1024 * 1024;

/** What a client needs, and how it may be tuned. */
export interface FinnhubClientOptions {
  /** `FINHUB_API_URL`. */
  readonly apiUrl: string;
  readonly key: Secret;
  readonly symbols: readonly string[];
  /** Must differ from run to run, because the feed cannot be repeated. */
  readonly producerId: string;
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: FeedObserver;
  readonly policy?: ReconnectPolicy;
  /** Silence after which a connection counts as dead, ms. */
  readonly silenceMs?: number;
  /** How long a symbol that was refused as unknown is left alone, ms. */
  readonly refusedRetryMs?: number;
  /** Frames that wait for the reader, bytes. */
  readonly bufferBytesMax?: number;
  /** Logs the text of every message, at level debug. */
  readonly trace?: boolean;
}

/** The options with every default in its place. */
export type FinnhubClientSettings = Required<FinnhubClientOptions>;

/** Puts the defaults in. */
export function finnhubClientSettings(options: FinnhubClientOptions): FinnhubClientSettings {
  return {
    observer: noFeedObserver,
    policy: finnhubReconnectPolicy,
    silenceMs: silenceMsDefault,
    refusedRetryMs: refusedRetryMsDefault,
    bufferBytesMax: bufferBytesMaxDefault,
    trace: false,
    ...options,
  };
}

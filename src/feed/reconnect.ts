import { type BackoffPolicy, fullJitterMs } from "../base/backoff.ts";
import { PipelineError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import type { SocketEnd } from "./socket.ts";

/** How the client deals with a fragile feed. */
export interface ReconnectPolicy {
  readonly backoff: BackoffPolicy;
  /**
   * How long a connection must have been open to count as a success, ms. Sooner, the waits continue
   * growing: a reset at every opening would make a storm of connections that last a second.
   */
  readonly stableMs: number;
  /** Least wait after HTTP 429, ms. */
  readonly tooManyRequestsMs: number;
}

/** Waits of a well-behaved client, as public clients of Finnhub found them out. */
export const finnhubReconnectPolicy: ReconnectPolicy = {
  backoff: { baseMs: 1_000, maxMs: 60_000 },
  stableMs: 60_000,
  tooManyRequestsMs: 60_000,
};

/** The longest wait that a server can ask for. */
const retryAfterMsMax = 15 * 60_000;

/** A connection that is closed sooner was probably not wanted, ms. */
const briefMs = 5_000;

/** How a connection ended, as the client sees it. */
export type ConnectionEnd =
  | SocketEnd
  /** Nothing was heard for too long. */
  | { readonly kind: "silent"; readonly silentMs: number }
  /** It sent more pings than anyone needs. */
  | { readonly kind: "flooding" };

/** What happened to one connection. */
export interface ConnectionHistory {
  readonly end: ConnectionEnd;
  /** How long it was open, ms; 0 if it never was. */
  readonly openMs: number;
  /** Connections before it that failed in a row. */
  readonly failures: number;
}

/** What comes after a connection. */
export type ReconnectStep =
  | { readonly kind: "stop"; readonly error: PipelineError }
  | {
    readonly kind: "wait";
    readonly delayMs: number;
    /** Failures in a row, this one included; 0 after a stable connection. */
    readonly failures: number;
    readonly error: PipelineError;
  };

/** Decides what comes after the end of a connection; pure but for the dice. */
export function reconnectStep(
  { end, openMs, failures }: ConnectionHistory,
  policy: ReconnectPolicy,
  random: Random,
): ReconnectStep {
  if (isKeyRefused(end)) return { kind: "stop", error: keyRefused(end.status) };
  const failuresBefore = openMs >= policy.stableMs ? 0 : failures;
  const delayMs = fullJitterMs(policy.backoff, failuresBefore, random) + leastWaitMs(end, policy);
  return {
    kind: "wait",
    delayMs,
    failures: failuresBefore + 1,
    error: connectionLost(end, openMs),
  };
}

function isKeyRefused(end: ConnectionEnd): end is ConnectionEnd & { kind: "refused" } {
  return end.kind === "refused" && (end.status === 401 || end.status === 403);
}

function leastWaitMs(end: ConnectionEnd, policy: ReconnectPolicy): number {
  if (end.kind !== "refused") return 0;
  const leastMs = end.status === 429 ? policy.tooManyRequestsMs : 0;
  return Math.max(leastMs, Math.min(end.retryAfterMs, retryAfterMsMax));
}

function keyRefused(status: number): PipelineError {
  return new PipelineError(
    "FEED_REFUSED",
    "Cannot connect to the feed as its key must be a valid one: the server answered HTTP " +
      `${status}; put the key of your Finnhub account into FINHUB_SECRET_KEY and start again`,
    { context: { status } },
  );
}

function connectionLost(end: ConnectionEnd, openMs: number): PipelineError {
  const hint = end.kind === "closed" && openMs < briefMs
    ? " right after it was opened; one key serves one connection: is another program using it"
    : "";
  return new PipelineError(
    "FEED_UNAVAILABLE",
    `Cannot receive from the feed as ${describeEnd(end)}${hint}`,
  );
}

/** The end of a connection in words. */
export function describeEnd(end: ConnectionEnd): string {
  switch (end.kind) {
    case "refused":
      return end.status === 429
        ? "it wants fewer connections: HTTP 429"
        : `the server did not accept the WebSocket: HTTP ${end.status}`;
    case "unreachable":
      return `the server cannot be reached: ${end.problem || "no answer"}`;
    case "closed":
      return `the connection was closed: code ${end.code}${end.problem && `, ${end.problem}`}`;
    case "silent":
      return `nothing was heard for ${Math.round(end.silentMs / 1_000)} s`;
    case "flooding":
      return "it sent more than a hundred pings within a second";
  }
}

/**
 * How long a server asks to wait, ms: seconds, or until a date; 0 for nothing and for the past.
 *
 * @see RFC 9110, 10.2.3
 */
export function retryAfterMs(text: string, nowMs: number): number {
  const waitMs = /^\s*\d+\s*$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : 0;
}

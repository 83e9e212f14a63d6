/**
 * A frame whose trades happen at another time; everything else stays as it is.
 *
 * Entries without a plain number as time keep what they have. A text that is not a frame of
 * trades comes back unchanged.
 *
 * @param shiftMs Added to every `t`, ms; may be negative.
 */
export function shiftTimes(text: string, shiftMs: number): string {
  if (shiftMs === 0) return text;
  const message = parseData(text);
  if (!message) return text;
  for (const entry of message.data) {
    if (hasTime(entry)) entry.t += shiftMs;
  }
  return JSON.stringify(message);
}

function parseData(text: string): { readonly data: readonly unknown[] } | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return hasData(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function hasData(message: unknown): message is { readonly data: readonly unknown[] } {
  return typeof message === "object" && message !== null && "data" in message &&
    Array.isArray(message.data);
}

function hasTime(entry: unknown): entry is { t: number } {
  return typeof entry === "object" && entry !== null && "t" in entry && typeof entry.t === "number";
}

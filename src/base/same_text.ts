import { createHash, timingSafeEqual } from "node:crypto";

/** Compares in a time that tells nothing of what is expected, its length included. */
export function isSameText(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

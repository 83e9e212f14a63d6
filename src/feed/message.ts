import { createHash } from "node:crypto";
import { decodeText, encodeText } from "../base/text.ts";

/**
 * The longest message that is read, bytes of UTF-8.
 *
 * Ten trades take about 700 bytes. The bound leaves room for the headers of a dead letter below
 * the 1,048,588 bytes of a record that Kafka accepts by default, so that every frame can be kept.
 */
export const frameBytesMax = 1_000_000;

/** What a log keeps of bytes that it does not keep whole. */
export interface WholeMessage {
  readonly lengthBytes: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
}

/** A message that cannot be read as text. */
export interface UnreadableMessage {
  /** Its bytes as they came, or the first `frameBytesMax` of them. */
  readonly bytes: Uint8Array;
  readonly fault: string;
  /** What it was as a whole, where `bytes` is only its beginning. */
  readonly whole?: WholeMessage;
}

/** What a feed sent: a text, or, with an empty text, bytes that cannot be read. */
export interface Message {
  readonly text: string;
  readonly unreadable?: UnreadableMessage;
}

/** Reads a message from anywhere; what is too long or no UTF-8 stays bytes, never more than came. */
export function messageOf(bytes: Uint8Array): Message {
  if (bytes.length > frameBytesMax) return longMessage(bytes, wholeOf(bytes));
  const text = decodeText(bytes);
  if (text !== undefined) return { text };
  return { text: "", unreadable: { bytes: new Uint8Array(bytes), fault: "message is not UTF-8" } };
}

/** The same of a text that was read already, such as a line of a recording. */
export function messageOfText(text: string): Message {
  // A UTF-16 unit takes at most three bytes.
  if (text.length * 3 <= frameBytesMax) return { text };
  const bytes = encodeText(text);
  return bytes.length <= frameBytesMax ? { text } : longMessage(bytes, wholeOf(bytes));
}

/** A message of which only the beginning is kept. */
export function longMessage(bytes: Uint8Array, whole: WholeMessage): Message {
  const fault = `message is longer than ${frameBytesMax} bytes: ${whole.lengthBytes}`;
  const kept = new Uint8Array(bytes.subarray(0, frameBytesMax)); // a copy, even of a Buffer
  return { text: "", unreadable: { bytes: kept, fault, whole } };
}

/** Memory that a message takes, about: bytes, or characters of its text. */
export function messageSize({ text, unreadable }: Message): number {
  return unreadable?.bytes.length ?? text.length;
}

function wholeOf(bytes: Uint8Array): WholeMessage {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { lengthBytes: bytes.length, sha256 };
}

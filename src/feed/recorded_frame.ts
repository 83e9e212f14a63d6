import type { Frame } from "./frame.ts";
import { type Message, messageOfText } from "./message.ts";

/** A frame as a recording has it. */
export interface RecordedFrame {
  readonly text: string;
  /** When it was received, epoch ms; `undefined` in a recording that does not say. */
  readonly receivedAtMs: number | undefined;
}

/**
 * A frame as a line of a recording: `[receivedAtMs, "text"]` as JSON, without a line feed.
 *
 * The text comes back as the same bytes, whatever is in it, and the time beside it lets a replay
 * keep the distances in which frames were received.
 */
export function recordedLine({ receivedAtMs, text }: Omit<Frame, "sequence">): string {
  return JSON.stringify([receivedAtMs, text]);
}

/** The frame of a line of a recording; a line of any other form is a frame's text itself. */
export function recordedFrame(line: string): RecordedFrame {
  const asText = { text: line, receivedAtMs: undefined };
  if (!line.startsWith("[")) return asText;
  try {
    const [receivedAtMs, text, ...rest] = JSON.parse(line) as unknown[];
    const known = Number.isSafeInteger(receivedAtMs) && typeof text === "string";
    return known && rest.length === 0 ? { text, receivedAtMs: receivedAtMs as number } : asText;
  } catch {
    return asText;
  }
}

/** The frame of a line as it was read, and when it was received if the line says so. */
export function frameOfLine(
  line: Message,
): { readonly message: Message; readonly receivedAtMs: number | undefined } {
  if (line.unreadable !== undefined) return { message: line, receivedAtMs: undefined };
  const { text, receivedAtMs } = recordedFrame(line.text);
  return { message: messageOfText(text), receivedAtMs };
}

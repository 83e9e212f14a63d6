import type { StoredItem } from "../base/stored_queue.ts";
import { encodeText, textOf } from "../base/text.ts";
import type { Frame } from "../feed/frame.ts";
import type { Message, UnreadableMessage } from "../feed/message.ts";
import { recordTimestampMsMax } from "../streams/record.ts";
import { frameSequenceMax } from "./frame_records.ts";

/** A frame with the producer that received it: perhaps an earlier run. */
export interface SpooledFrame extends Frame {
  readonly producerId: string;
}

/** Bytes before the producer's name. */
const fixedBytes = 19;

/** What is kept of an unreadable message besides its bytes. */
type UnreadableNote = Omit<UnreadableMessage, "bytes">;

/**
 * A frame as bytes: sequence and time of receipt as float64, length of the producer's name, length
 * of a note as uint16; then the name, the note, and the frame's own bytes. The note is empty for a
 * text, else JSON that says what is wrong with the bytes.
 */
export function encodeFrame(frame: Frame, producerId: string): Uint8Array {
  const { bytes: content, ...note } = frame.unreadable ?? { bytes: encodeText(frame.text) };
  const id = encodeText(producerId);
  const about = encodeText(frame.unreadable === undefined ? "" : JSON.stringify(note));
  const bytes = new Uint8Array(fixedBytes + id.length + about.length + content.length);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, frame.sequence);
  view.setFloat64(8, frame.receivedAtMs);
  view.setUint8(16, id.length);
  view.setUint16(17, about.length);
  bytes.set(id, fixedBytes);
  bytes.set(about, fixedBytes + id.length);
  bytes.set(content, fixedBytes + id.length + about.length);
  return bytes;
}

/**
 * The frame of a spooled item. One that is damaged, or of another form, keeps its bytes, gets a
 * producer of its own, as nothing in it can be trusted, and its place as sequence.
 *
 * @param nowMs Time of receipt of a damaged one, epoch ms.
 */
export function decodeFrame(item: StoredItem, nowMs: number): SpooledFrame {
  const frame = item.damaged ? undefined : readFrame(item.value);
  return frame ?? {
    producerId: "damaged-in-spool",
    sequence: item.position + 1,
    receivedAtMs: nowMs,
    text: "",
    unreadable: { bytes: item.value, fault: "frame was damaged in the spool" },
  };
}

function readFrame(value: Uint8Array): SpooledFrame | undefined {
  try {
    const view = new DataView(value.buffer, value.byteOffset, fixedBytes);
    const noteAt = fixedBytes + view.getUint8(16);
    const contentAt = noteAt + view.getUint16(17);
    const [sequence, receivedAtMs] = [view.getFloat64(0), view.getFloat64(8)];
    const isOurs = Number.isInteger(sequence) && sequence > 0 && sequence <= frameSequenceMax &&
      receivedAtMs >= 0 && receivedAtMs <= recordTimestampMsMax;
    if (!isOurs || contentAt > value.length) return undefined;
    const message = messageOf(value.subarray(noteAt, contentAt), value.subarray(contentAt));
    const producerId = textOf(value.subarray(fixedBytes, noteAt));
    return message && { sequence, receivedAtMs, producerId, ...message };
  } catch {
    return undefined;
  }
}

/** `undefined` where the note is none of ours. */
function messageOf(note: Uint8Array, content: Uint8Array): Message | undefined {
  if (note.length === 0) return { text: textOf(content) };
  const about: unknown = JSON.parse(textOf(note));
  return isNote(about) ? { text: "", unreadable: { ...about, bytes: content } } : undefined;
}

function isNote(value: unknown): value is UnreadableNote {
  const { fault, whole } = Object(value) as { readonly [name: string]: unknown };
  if (typeof fault !== "string") return false;
  const { lengthBytes, sha256 } = Object(whole) as { readonly [name: string]: unknown };
  return whole === undefined || (Number.isSafeInteger(lengthBytes) && typeof sha256 === "string");
}

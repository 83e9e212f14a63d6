import type { StoredItem } from "../base/stored_queue.ts";
import type { Frame } from "../feed/frame.ts";
import { encodeText } from "../streams/text.ts";

/** A frame with the producer that received it: perhaps an earlier run. */
export interface SpooledFrame extends Frame {
  readonly producerId: string;
  /** What happened to it in the spool; `undefined` for a frame that is as it was received. */
  readonly damage: string | undefined;
}

/** Replaces what is no UTF-8: only a damaged item holds such bytes. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Bytes before the producer's name. */
const fixedBytes = 17;

/**
 * A frame as bytes: sequence and time of receipt as float64, length and text of the producer's
 * name, then the frame's own text.
 */
export function encodeFrame(frame: Frame, producerId: string): Uint8Array {
  const id = encodeText(producerId);
  const text = encodeText(frame.text);
  const bytes = new Uint8Array(fixedBytes + id.length + text.length);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, frame.sequence);
  view.setFloat64(8, frame.receivedAtMs);
  view.setUint8(16, id.length);
  bytes.set(id, fixedBytes);
  bytes.set(text, fixedBytes + id.length);
  return bytes;
}

/**
 * The frame of a spooled item. One that is damaged keeps its bytes as text, gets a producer of its
 * own, as nothing in it can be trusted, and its place as sequence.
 *
 * @param nowMs Time of receipt of a damaged one, epoch ms.
 */
export function decodeFrame(item: StoredItem, nowMs: number): SpooledFrame {
  const { value, position, damaged } = item;
  if (damaged || value.length < fixedBytes) {
    return {
      producerId: "damaged-in-spool",
      sequence: position + 1,
      receivedAtMs: nowMs,
      text: decoder.decode(value),
      damage: "frame was damaged in the spool",
    };
  }
  const view = new DataView(value.buffer, value.byteOffset, fixedBytes);
  const textAt = fixedBytes + view.getUint8(16);
  return {
    sequence: view.getFloat64(0),
    receivedAtMs: view.getFloat64(8),
    producerId: decoder.decode(value.subarray(fixedBytes, textAt)),
    text: decoder.decode(value.subarray(textAt)),
    damage: undefined,
  };
}

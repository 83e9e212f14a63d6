/**
 * The frame that Confluent's serializers put around an Avro value.
 *
 * | bytes | holds |
 * |---|---|
 * | 0 | magic byte 0 |
 * | 1–4 | schema id, big-endian int32 |
 * | 5– | the value in Avro's binary encoding |
 *
 * Golden vector: schema 7, Avro string "hi" is `00 00000007 04 6869`.
 *
 * @see Confluent Platform, "Formats, Serializers, and Deserializers", wire format
 */
import { assert } from "../base/assert.ts";
import { PipelineError } from "../base/errors.ts";

/** Bytes in front of the Avro value. */
export const frameHeaderBytes = 5;

const magicByte = 0;
const schemaIdMax = 2 ** 31 - 1;

/** True for what may be a schema's id. */
export function isSchemaId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= schemaIdMax;
}

/** Writes the header for a schema id into the first bytes of `target`. */
export function writeFrameHeader(target: Uint8Array, schemaId: number): void {
  assert(isSchemaId(schemaId), `schema id must be a 32-bit integer >= 0: ${schemaId}`);
  target[0] = magicByte;
  target[1] = schemaId >>> 24;
  target[2] = schemaId >>> 16;
  target[3] = schemaId >>> 8;
  target[4] = schemaId;
}

/** The schema id of a framed value, or `undefined` if it is not framed. */
export function frameSchemaId(value: Uint8Array): number | undefined {
  if (value.length < frameHeaderBytes || value[0] !== magicByte) return undefined;
  // By hand, as a DataView for each value would cost more than the rest of this.
  const id = (byteAt(value, 1) << 24) | (byteAt(value, 2) << 16) | (byteAt(value, 3) << 8) |
    byteAt(value, 4);
  return id >= 0 ? id : undefined;
}

/**
 * The schema id of a framed value.
 *
 * @throws {PipelineError} `RECORD_MALFORMED` if the value is not framed.
 */
export function schemaIdOf(value: Uint8Array): number {
  const id = frameSchemaId(value);
  if (id !== undefined) return id;
  throw new PipelineError(
    "RECORD_MALFORMED",
    `Cannot decode value as it must start with 0 and a schema id: ${headerText(value)}`,
    { context: { valueBytes: value.length } },
  );
}

/** @param index Less than the value's length. */
function byteAt(value: Uint8Array, index: number): number {
  return value[index] as number;
}

function headerText(value: Uint8Array): string {
  if (value.length < frameHeaderBytes) return `it has ${value.length} bytes`;
  const header = value.subarray(0, frameHeaderBytes);
  return `its first bytes are ${Array.from(header, (byte) => byte.toString(16)).join(" ")}`;
}

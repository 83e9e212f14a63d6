/** Turns values into bytes and back; `decode(encode(v))` equals `v`. */
export interface Codec<T> {
  encode(value: T): Uint8Array;
  /** @throws {PipelineError} `RECORD_MALFORMED` if the bytes are not this codec's. */
  decode(bytes: Uint8Array): T;
}

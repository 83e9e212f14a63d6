import { PipelineError } from "../../base/errors.ts";

/** Turns values into bytes and back; `decode(encode(v))` equals `v`. */
export interface Codec<T> {
  /** Bytes that are this codec's alone. */
  encode(value: T): Uint8Array;
  /**
   * The value that the bytes stand for.
   *
   * @throws {PipelineError} If the bytes are not this codec's.
   */
  decode(bytes: Uint8Array): T;
}

/** A record as far as its codec is concerned. */
export interface WithValue {
  /** Raw value; `null` is a tombstone. */
  readonly value: Uint8Array | null;
}

/**
 * Decodes a value of a store or changelog whose bytes are known to be undamaged.
 *
 * @throws {PipelineError} `STATE_UNREADABLE`: such a value cannot be skipped like a bad record,
 *   and no rebuild would fix it.
 */
export function decodeState<T>(codec: Pick<Codec<T>, "decode">, bytes: Uint8Array): T {
  try {
    return codec.decode(bytes);
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause;
    throw new PipelineError(
      "STATE_UNREADABLE",
      "Cannot read the state as it was written with another schema: bring back the registry's " +
        "schemas or the version of the program that wrote it",
      { cause, remedy: "reset" },
    );
  }
}

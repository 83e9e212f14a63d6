import { PipelineError } from "../../base/errors.ts";
import type { Codec } from "./codec.ts";
import type { EngineCodecs } from "../state/state.ts";
import { decodeText, encodeText } from "../text.ts";

/**
 * Values as JSON: for jobs without a schema of their own, and readable in a failing test.
 *
 * JSON knows neither `NaN` nor infinite numbers, `undefined`, `bigint` or `Date`: an aggregate that
 * holds one of these comes back as another value, or cannot be written.
 */
export function jsonCodec<T>(): Codec<T> {
  return {
    encode: (value) => encodeText(JSON.stringify(value)),
    decode: (bytes) => parse(bytes) as T,
  };
}

/** The engine's own state as JSON. */
export const jsonEngineCodecs: EngineCodecs = { meta: jsonCodec() };

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decodeText(bytes) ?? "");
  } catch (cause) {
    throw new PipelineError("RECORD_MALFORMED", "Cannot read a value as it is not JSON", { cause });
  }
}

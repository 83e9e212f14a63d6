import { murmur2 } from "../../../src/streams/partitioner.ts";
import { encodeText } from "../../../src/streams/text.ts";

/**
 * To where a key's rows of a length are purged: it moves in steps, each key at its own time within a
 * step.
 */
export function horizonMs(
  key: string,
  streamTimeMs: number,
  { sizeMs, retentionMs }: { readonly sizeMs: number; readonly retentionMs: number },
): number {
  const steps = Math.max(1, Math.floor(retentionMs / 24 / sizeMs));
  const phaseMs = ((murmur2(encodeText(key)) >>> 0) % steps) * sizeMs;
  const stepsDone = Math.floor((streamTimeMs - retentionMs - phaseMs) / (steps * sizeMs));
  return stepsDone < 0 ? 0 : phaseMs + stepsDone * steps * sizeMs;
}

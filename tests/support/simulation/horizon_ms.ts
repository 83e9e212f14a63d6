import { murmur2 } from "../../../src/streams/partitioner.ts";
import { encodeText } from "../../../src/streams/text.ts";
import type { KeyTime } from "./fold_texts.ts";
import type { ModelRules } from "./model_rules.ts";

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

/** Moves what of a key is purged: never back, never over what is open. */
export function purgeKey(
  key: string,
  { streamTimeMs, closedToMs, purgedToMs }: KeyTime,
  { retentionMs, rollUpRetentionMs }: Pick<ModelRules, "retentionMs" | "rollUpRetentionMs">,
  lengthsMs: readonly number[],
): void {
  for (const [index, lengthMs] of lengthsMs.entries()) {
    const openFromMs = index === 0 ? closedToMs : closedToMs - closedToMs % lengthMs;
    const keptMs = index === 0 ? retentionMs : rollUpRetentionMs;
    const toMs = horizonMs(key, streamTimeMs, { sizeMs: lengthMs, retentionMs: keptMs });
    purgedToMs[index] = Math.max(purgedToMs[index] as number, Math.min(toMs, openFromMs));
  }
}

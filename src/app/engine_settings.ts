import { byteCount, byteCountForm } from "./forms.ts";
import type { SettingsOf } from "./setting.ts";
import * as settings from "./settings.ts";

/** How trades become results, whatever the results are stored in. */
export interface EngineConfig {
  readonly applicationId: string;
  readonly topic: string;
  readonly windowGraceMs: number;
  readonly windowRetentionMs: number;
  readonly commitIntervalMs: number;
  readonly stateCleanupDelayMs: number;
  readonly stateCacheBytesMax: number;
  readonly maxFutureMs: number;
  readonly conditionPolicy: settings.ConditionPolicy;
}

/** Shared by `process` and `start`. */
export const engineSettings: SettingsOf<EngineConfig> = {
  applicationId: settings.applicationId,
  topic: settings.inputTopic,
  windowGraceMs: settings.windowGraceMs,
  windowRetentionMs: settings.windowRetentionMs,
  commitIntervalMs: settings.commitIntervalMs,
  stateCleanupDelayMs: settings.stateCleanupDelayMs,
  stateCacheBytesMax: {
    variable: "STATE_CACHE_BYTES_MAX",
    group: "engine",
    form: byteCountForm,
    meaning:
      "memory for the state of symbols in use, of all partitions of an instance, estimated; " +
      "what does not fit is read from the disk; 128MiB is enough for some 100,000 symbols",
    defaultText: "128MiB",
    parse: byteCount,
  },
  maxFutureMs: settings.maxFutureMs,
  conditionPolicy: settings.conditionPolicy,
};

/** Length of the pipeline's windows. */
const windowSizeMs = 15_000;

/** A window must stay in the state at least until it is closed. */
export function engineContradictions(config: EngineConfig): readonly string[] {
  const leastMs = windowSizeMs + config.windowGraceMs;
  if (config.windowRetentionMs >= leastMs) return [];
  return [
    `WINDOW_RETENTION_MS must be at least 15000 + WINDOW_GRACE_MS = ${leastMs}: ` +
    `received "${config.windowRetentionMs}"`,
  ];
}

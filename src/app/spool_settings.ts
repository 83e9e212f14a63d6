import { byteCount, byteCountForm, durationSeconds, nonEmpty, oneOf } from "./forms.ts";
import type { SettingsOf } from "./setting.ts";

/** Where frames wait for the log, and how many. */
export interface SpoolConfig {
  readonly spoolDir: string;
  readonly spoolBytesMax: number;
  /** 0 for no bound. */
  readonly spoolAgeSeconds: number;
  readonly spoolWhenFull: "stop" | "drop-oldest";
}

/** Settings of the spool. */
export const spoolSettings: SettingsOf<SpoolConfig> = {
  spoolDir: {
    variable: "SPOOL_DIR",
    group: "spool",
    path: "folder",
    form: "a folder",
    meaning: "where frames wait until Kafka has them; not to be deleted while it holds some",
    defaultText: ".data/spool",
    parse: nonEmpty,
  },
  spoolBytesMax: {
    variable: "SPOOL_BYTES_MAX",
    group: "spool",
    form: byteCountForm,
    meaning: "how much may wait; an hour of 60 trades a second takes about 20 MB",
    defaultText: "1GiB",
    parse: byteCount,
  },
  spoolAgeSeconds: {
    variable: "SPOOL_AGE_MAX",
    group: "spool",
    form: "seconds or a time like 7d, 12h, 30m (at most 7300d), or 0 for no end",
    meaning: "how long a frame may wait before the spool counts as full",
    defaultText: "7d",
    parse: durationSeconds(7300),
  },
  spoolWhenFull: {
    variable: "SPOOL_WHEN_FULL",
    group: "spool",
    form: "stop or drop-oldest",
    meaning: "what gives way when the spool is full: the program, or the oldest frames",
    defaultText: "stop",
    parse: oneOf(["stop", "drop-oldest"]),
  },
};

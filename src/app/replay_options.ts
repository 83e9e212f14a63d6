import { nonEmpty, oneOf, positiveNumber } from "./forms.ts";
import type { Setting, SettingsOf } from "./setting.ts";

/** Event times of a replay: as they were, or moved so that the first trade happens now. */
export type ReplayTimes = "recorded" | "shifted";

/** Which recording is played, and how. */
export interface ReplayConfig {
  /** Frames as JSON lines, gzip or not; `undefined` when no recording is played. */
  readonly replayFile: string | undefined;
  /** Recorded seconds per second; infinite is as fast as it goes. */
  readonly replaySpeed: number;
  readonly replayTimes: ReplayTimes;
}

const replayFile: Setting<string | undefined> = {
  option: "--replay",
  path: "file",
  form: "a file",
  meaning: "play recorded frames: JSON lines, gzip or not",
  parse: nonEmpty,
};

const replaySpeed: Setting<number> = {
  option: "--speed",
  form: "a number like 1 or 10, or max",
  meaning: "recorded seconds per second of the replay",
  defaultText: "1",
  onlyWith: "--replay",
  parse: (text) => text === "max" ? Number.POSITIVE_INFINITY : positiveNumber(text),
};

const replayTimes: Setting<ReplayTimes> = {
  option: "--times",
  form: "recorded or shifted",
  meaning: "times of the replayed trades: as they were, or moved to now",
  defaultText: "recorded",
  onlyWith: "--replay",
  parse: oneOf<ReplayTimes>(["recorded", "shifted"]),
};

/** Shared by `start` and `feed`. */
export const replaySettings: SettingsOf<ReplayConfig> = { replayFile, replaySpeed, replayTimes };

/** What a person reads from a panel. */
import type { Panel } from "../support/grafana/dashboards.ts";
import { fieldSettings, type Frame, type GrafanaData } from "./grafana_data.ts";

/** A number in large letters. */
export interface StatReading {
  readonly text: string;
  /** Range of the line behind the number, and its points; 0 points where there is none. */
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly points: number;
}

/** A named line: for each time what is read there. */
export interface LineReading {
  readonly name: string;
  readonly points: readonly (readonly [timeMs: number, text: string])[];
}

/** Panels of a version of Grafana. */
export class PanelReader {
  readonly #library: GrafanaData;

  constructor(library: GrafanaData) {
    this.#library = library;
  }

  /** A stat panel; one reading for each field that it shows. */
  async stats(
    panel: Panel,
    answers: readonly unknown[],
  ): Promise<StatReading[]> {
    const values = this.#library.getFieldDisplayValues({
      ...this.#surroundings(panel),
      data: await this.#shown(panel, answers),
      reduceOptions: panel.options?.["reduceOptions"],
      sparkline: panel.options?.["graphMode"] !== "none",
    });
    return values.map(({ display, field: { min, max }, sparkline }) => ({
      text: this.#library.formattedValueToString(display),
      min,
      max,
      points: sparkline?.y.values.length ?? 0,
    }));
  }

  /** Every number of a panel over time. */
  async lines(
    panel: Panel,
    answers: readonly unknown[],
  ): Promise<LineReading[]> {
    const frames = await this.#shown(panel, answers);
    return frames.flatMap((frame) => {
      const time = frame.fields.find(({ type }) => type === "time");
      return frame.fields.filter(({ type }) => type === "number").map((
        field,
      ) => ({
        name: this.#library.getFieldDisplayName(field, frame, frames),
        points: Array.from({ length: frame.length }, (_, index) => [
          Number(time?.values[index]),
          this.#text(field, index),
        ]),
      }));
    });
  }

  /** The rows of a table, by column. */
  async rows(
    panel: Panel,
    answers: readonly unknown[],
  ): Promise<Record<string, string>[]> {
    const [frame] = await this.#shown(panel, answers);
    return Array.from(
      { length: frame?.length ?? 0 },
      (_, index) =>
        Object.fromEntries((frame?.fields ?? []).map((field) => [
          frame === undefined ? "" : this.#library.getFieldDisplayName(field, frame, [frame]),
          this.#text(field, index),
        ])),
    );
  }

  #text(field: Frame["fields"][number], index: number): string {
    const value = field.values[index];
    const shown = field.display?.(value) ?? { text: String(value) };
    return this.#library.formattedValueToString(shown);
  }

  async #shown(
    panel: Panel,
    answers: readonly unknown[],
  ): Promise<readonly Frame[]> {
    const frames = answers.map((answer) => this.#library.dataFrameFromJSON(answer));
    const { promise, resolve, reject } = Promise.withResolvers<
      readonly Frame[]
    >();
    this.#library.transformDataFrame(panel.transformations ?? [], frames)
      .subscribe({ next: resolve, error: reject });
    return this.#library.applyFieldOverrides({
      ...this.#surroundings(panel),
      data: await promise,
    });
  }

  #surroundings(panel: Panel): object {
    return {
      fieldConfig: migrated(panel),
      fieldConfigRegistry: fieldSettings(this.#library),
      theme: this.#library.createTheme(),
      timeZone: "utc",
      replaceVariables: (text: string) => text,
    };
  }
}

/** `sharedSingleStatMigrationHandler` of `@grafana/ui`, which needs a browser: up to version 8. */
function migrated(
  { type, pluginVersion = "6.1", fieldConfig }: Panel,
): Panel["fieldConfig"] {
  if (
    type !== "stat" || fieldConfig === undefined ||
    parseFloat(pluginVersion) >= 8
  ) {
    return fieldConfig;
  }
  const bounds = {
    percent: { min: 0, max: 100 },
    percentunit: { min: 0, max: 1 },
  };
  const ofUnit = bounds[String(fieldConfig.defaults["unit"]) as keyof typeof bounds];
  return { ...fieldConfig, defaults: { ...ofUnit, ...fieldConfig.defaults } };
}

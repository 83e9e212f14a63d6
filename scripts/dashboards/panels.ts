import type { DataSource, Query } from "./data_sources.ts";

/** Grafana whose settings these are; without it, panels are migrated from version 6. */
const pluginVersion = "12.4.10";

/** A named query of a panel. */
export type Target = Query & { readonly refId: string };

/** Place in a grid of 24 columns. */
export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

type Settings = Readonly<Record<string, unknown>>;

/** A panel as Grafana reads it, without its place. */
export interface Unplaced {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string | undefined;
  readonly datasource?: DataSource | undefined;
  readonly maxDataPoints?: number;
  readonly pluginVersion?: string;
  readonly fieldConfig?: { readonly defaults: Settings; readonly overrides: readonly unknown[] };
  readonly options?: Settings;
  readonly targets?: readonly Target[];
  readonly transformations?: readonly unknown[];
  /** Of a row: whether its panels are inside. */
  readonly collapsed?: boolean;
  readonly panels?: readonly never[];
}

/** A panel as Grafana reads it. */
export interface Panel extends Unplaced {
  readonly gridPos: GridPos;
}

/** What differs from panel to panel. */
export interface PanelOptions extends Omit<Unplaced, "type"> {
  readonly targets: readonly Target[];
  /** Unit, bounds and the like, of every field. */
  readonly field?: Settings;
}

/** Shows numbers with all their digits: without a unit Grafana rounds to three. */
export const allDigits = { unit: "string" } as const;

/** Newest last, whatever order the partitions came in. */
export const byWindowStart = {
  id: "sortBy",
  options: { fields: {}, sort: [{ field: "window_start", desc: false }] },
} as const;

/** Names queries A, B, C in their order. */
export function named(queries: readonly Query[]): Target[] {
  return queries.map((query, index) => ({ refId: String.fromCharCode(65 + index), ...query }));
}

/** A number in large letters. */
export function stat(
  { calc = "lastNotNull", fields = "", steps, sparkline = false, ...options }: PanelOptions & {
    /** How many rows become one. */
    readonly calc?: string;
    /** Pattern of the field that is shown; else any number. */
    readonly fields?: string;
    /** Colours from values upwards; the first one has none. */
    readonly steps: readonly (readonly [colour: string, from: number | null])[];
    readonly sparkline?: boolean;
  },
): Unplaced {
  const thresholds = {
    mode: "absolute",
    steps: steps.map(([color, value]) => ({ color, value })),
  };
  return panel("stat", options, {
    defaults: { color: { mode: "thresholds" }, thresholds },
    options: {
      reduceOptions: { values: false, calcs: [calc], fields },
      colorMode: "value",
      graphMode: sparkline ? "area" : "none",
      textMode: "value",
      justifyMode: "auto",
      orientation: "auto",
      wideLayout: true,
      showPercentChange: false,
      percentChangeColorMode: "standard",
    },
  });
}

/** Lines over time, or what `custom` says. */
export function timeseries(
  { custom = {}, ...options }: PanelOptions & { readonly custom?: Settings },
): Unplaced {
  return panel("timeseries", options, {
    defaults: { color: { mode: "palette-classic" }, custom: { showPoints: "never", ...custom } },
    options: { legend, tooltip: { mode: "multi", sort: "desc" } },
  });
}

/** Candles and their volume; needs fields named open, high, low, close and volume. */
export function candlestick(options: PanelOptions): Unplaced {
  return panel("candlestick", options, {
    defaults: { color: { mode: "palette-classic" } },
    options: {
      mode: "candles+volume",
      candleStyle: "candles",
      colorStrategy: "open-close",
      colors: { up: "green", down: "red", flat: "gray" },
      fields: { open: "open", high: "high", low: "low", close: "close", volume: "volume" },
      includeAllFields: false,
      legend,
      tooltip: { mode: "multi", sort: "none" },
    },
    overrides: [override("volume", { unit: "short", "custom.fillOpacity": 30 })],
  });
}

/** Rows as they come. */
export function table(
  { columns = {}, ...options }: PanelOptions & {
    /** Settings of single columns. */
    readonly columns?: Readonly<Record<string, Settings>>;
  },
): Unplaced {
  return panel("table", options, {
    defaults: { color: { mode: "palette-classic" } },
    options: { showHeader: true, cellHeight: "sm", frameIndex: 0 },
    overrides: Object.entries(columns).map(([name, settings]) => override(name, settings)),
  });
}

const legend = { showLegend: true, displayMode: "list", placement: "bottom", calcs: [] };

function panel(
  type: string,
  { field = {}, ...rest }: PanelOptions,
  { defaults, options, overrides = [] }: {
    readonly defaults: Settings;
    readonly options: Settings;
    readonly overrides?: readonly unknown[];
  },
): Unplaced {
  return {
    type,
    ...rest,
    datasource: rest.targets[0]?.datasource,
    pluginVersion,
    fieldConfig: { defaults: { ...defaults, ...field }, overrides },
    options,
  };
}

function override(name: string, settings: Settings): unknown {
  return {
    matcher: { id: "byName", options: name },
    properties: Object.entries(settings).map(([id, value]) => ({ id, value })),
  };
}

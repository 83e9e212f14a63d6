/**
 * Grafana's own library for panels, seen through the few things that are used of it.
 *
 * Only this folder's deno.json knows it: those who run the pipeline need not download it.
 */
// Not for their contents: what is resolved while tests run has to be there before.
// @ts-ignore: the checks of the whole repository do not know it either.
import "@grafana/data-12/package.json" with { type: "json" };
// @ts-ignore: as above.
import "@grafana/data-13/package.json" with { type: "json" };
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** A value as a panel shows it. */
export interface DisplayValue {
  readonly text: string;
  readonly color?: string;
}

/** A column of an answer; `values` as long as the frame. */
export interface Field {
  readonly name: string;
  readonly type: string;
  readonly values: readonly unknown[];
  readonly display?: (value: unknown) => DisplayValue;
}

/** A table of an answer. */
export interface Frame {
  readonly length: number;
  readonly fields: readonly Field[];
}

/** A reduced value; `field` are its settings. */
export interface FieldDisplay {
  readonly display: DisplayValue;
  readonly field: { readonly min?: number; readonly max?: number };
  readonly sparkline?: { readonly y: Field };
}

interface ConfigItem {
  readonly id: string;
  readonly path: string;
  readonly process: unknown;
  readonly shouldApply: () => boolean;
}

/** What is used of `@grafana/data`. */
export interface GrafanaData {
  dataFrameFromJSON(json: unknown): Frame;
  transformDataFrame(
    transformations: readonly unknown[],
    frames: readonly Frame[],
  ): {
    subscribe(observer: {
      readonly next: (frames: readonly Frame[]) => void;
      readonly error: (reason: unknown) => void;
    }): unknown;
  };
  applyFieldOverrides(options: object): readonly Frame[];
  getFieldDisplayValues(options: object): readonly FieldDisplay[];
  getFieldDisplayName(
    field: Field,
    frame: Frame,
    all: readonly Frame[],
  ): string;
  formattedValueToString(value: DisplayValue): string;
  createTheme(): object;
  readonly FieldConfigOptionsRegistry: new () => {
    register(item: ConfigItem): void;
  };
  readonly identityOverrideProcessor: unknown;
  readonly thresholdsOverrideProcessor: unknown;
  readonly rangeUtil: {
    calculateInterval(
      range: { readonly from: number; readonly to: number },
      points: number,
    ): { readonly intervalMs: number };
  };
  readonly standardTransformers: Readonly<
    Record<string, { readonly id: string }>
  >;
  readonly standardTransformersRegistry: {
    setInit(init: () => readonly object[]): void;
  };
}

/** Grafana of `compose/compose.yaml`, and the newest. */
export const grafanaVersions: readonly string[] = ["12.4.10", "13.2.3"];

/** What its modules touch of a browser while they are loaded; a function, so that none is seen. */
const browser = Object.assign(() => {}, {
  addEventListener() {},
  history: { pushState() {}, replaceState() {} },
  __grafanaSceneContext: {},
});

/** Its ES modules import names that CommonJS packages do not export, so the other build is taken. */
export function loadGrafanaData(version: string): GrafanaData {
  Object.assign(globalThis, { window: browser });
  const modules = import.meta.resolve(`@grafana/data-${version.split(".")[0]}`);
  const path = fileURLToPath(modules).replace(
    "/esm/index.mjs",
    "/cjs/index.cjs",
  );
  const library: GrafanaData = createRequire(import.meta.url)(path);
  // Some are known by two names. Since 13 they are loaded when they are needed.
  const transformers = [
    ...new Set(Object.values(library.standardTransformers)),
  ];
  const lazily = parseFloat(version) >= 13;
  library.standardTransformersRegistry.setInit(() =>
    transformers.map((transformer) => ({
      id: transformer.id,
      name: "",
      transformation: lazily ? () => Promise.resolve(transformer) : transformer,
    }))
  );
  return library;
}

/** Settings of fields that decide what is read. */
export function fieldSettings(library: GrafanaData): object {
  const registry = new library.FieldConfigOptionsRegistry();
  const item = (id: string, process: unknown) =>
    registry.register({ id, path: id, process, shouldApply: () => true });
  for (
    const id of [
      "unit",
      "decimals",
      "min",
      "max",
      "mappings",
      "color",
      "displayName",
    ]
  ) {
    item(id, library.identityOverrideProcessor);
  }
  item("thresholds", library.thresholdsOverrideProcessor);
  return registry;
}

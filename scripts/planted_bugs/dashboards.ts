import type { PlantedBug } from "./planted_bug.ts";

const noticed = { guarantee: "dashboards", test: "tests/grafana/market_test.ts" } as const;

/** What must not be wrong on a dashboard: units, digits, order, the settings' version. */
export const dashboardBugs: readonly PlantedBug[] = [
  {
    name: "a change shown a hundred times too large",
    file: "scripts/dashboards/market.ts",
    find: 'field: { unit: "percent", decimals: 2 }',
    replace: 'field: { unit: "percentunit", decimals: 2 }',
    ...noticed,
  },
  {
    name: "prices rounded to three digits",
    file: "scripts/dashboards/panels.ts",
    find: 'allDigits = { unit: "string" }',
    replace: 'allDigits = { unit: "none" }',
    ...noticed,
  },
  {
    name: "a panel migrated as one of Grafana 6",
    file: "scripts/dashboards/panels.ts",
    find: "    pluginVersion,\n",
    replace: "",
    ...noticed,
  },
  {
    name: "windows drawn newest first",
    file: "scripts/dashboards/panels.ts",
    find: 'field: "window_start", desc: false',
    replace: 'field: "window_start", desc: true',
    ...noticed,
  },
];

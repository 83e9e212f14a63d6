import assert from "node:assert/strict";
import { dashboards } from "../support/grafana/dashboards.ts";

const panels = ["Stat", "TimeSeries", "Candlestick", "Table"];

/** The schema's types with enumerations as the texts that stand in JSON. */
const types = `
import type { Dashboard, FieldConfig, Panel, RowPanel } from "@grafana/schema";
${
  panels.map((name) =>
    `import type * as ${name} from "@grafana/schema/dist/esm/raw/composable/` +
    `${name.toLowerCase()}/panelcfg/x/${name}PanelCfg_types.gen";`
  ).join("\n")
}
type Plain<T> = T extends string ? \`\${T}\`
  : T extends object ? { [K in keyof T]: Plain<T[K]> }
  : T;
interface Of<Name extends string, Options, Custom> extends Omit<Panel, "options" | "fieldConfig"> {
  type: Name;
  pluginVersion: string;
  options: Options;
  fieldConfig: {
    defaults: Omit<FieldConfig, "custom"> & { custom?: Partial<Custom> };
    overrides: { matcher: { id: string; options?: unknown }; properties: { id: string; value: unknown }[] }[];
  };
}
type AnyPanel =
  | Of<"stat", Stat.Options, object>
  | Of<"timeseries", TimeSeries.Options, TimeSeries.FieldConfig>
  | Of<"candlestick", Candlestick.Options, Candlestick.FieldConfig>
  | Of<"table", Table.Options, Table.FieldConfig>
  | RowPanel;
type Checked = Plain<Omit<Dashboard, "panels"> & { panels: AnyPanel[]; schemaVersion: 42 }>;
`;

/** What the compiler says against dashboards, a list in JSON. */
async function faultsOf(json: string): Promise<string> {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/dashboard.ts`;
  await Deno.writeTextFile(
    file,
    `${types}export const dashboards: Checked[] = ${json};\n`,
  );
  const config = new URL("deno.json", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "-q", `--config=${config}`, file],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  assert.equal(text === "", code === 0, text);
  return text;
}

async function temporaryFolder(): Promise<
  { readonly path: string } & AsyncDisposable
> {
  const path = await Deno.makeTempDir();
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

const json = JSON.stringify(Object.values(dashboards));

Deno.test("The dashboards have the types of Grafana's schema", async () => {
  assert.equal(await faultsOf(json), "");
});

Deno.test("A setting that the schema does not know is noticed", async () => {
  assert.match(
    await faultsOf(json.replace('"drawStyle":"bars"', '"drawStyl":"bars"')),
    /drawStyl/,
  );
});

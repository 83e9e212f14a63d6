/** Writes the files of `grafana/dashboards` from their descriptions in `scripts/dashboards`. */
import { dashboardFiles } from "./dashboards/files.ts";
import { root } from "./lib/source_files.ts";

const paths = Object.keys(dashboardFiles).map((path) => root + path);
for (const [path, dashboard] of Object.entries(dashboardFiles)) {
  await Deno.writeTextFile(root + path, JSON.stringify(dashboard));
}
const { success } = await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", ...paths] })
  .spawn().status;
if (!success) Deno.exitCode = 1;

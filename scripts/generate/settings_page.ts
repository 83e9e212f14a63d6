import { groups, type Setting } from "../../src/app/setting.ts";
import { withRegion } from "./region.ts";
import { type Variant, variants } from "./variants.ts";

/** `docs/SETTINGS.md` with the tables of all variables and options. */
export function settingsPage(present: string): string {
  const all = variants();
  const sections = Object.entries(groups).map(([group, title]) => {
    const rows = all.filter(({ setting }) => setting.group === group);
    return `### ${title}\n\n${
      table("variable", rows, ({ variable, option }) =>
        option === undefined ? `\`${variable}\`` : `\`${variable}\`, \`${option}\``)
    }`;
  });
  const options = all.filter(({ setting }) => setting.variable === undefined);
  return withRegion(
    withRegion(present, "variables", `\n${sections.join("\n\n")}\n`),
    "options",
    `\n${table("option", options, ({ option }) => `\`${option}\``)}\n`,
  );
}

function table(
  first: string,
  rows: readonly Variant[],
  nameOf: (setting: Setting<unknown>) => string,
): string {
  const cells = rows.map(({ setting, readers }) => [
    nameOf(setting),
    plain(setting.meaning),
    setting.flag ? "" : plain(setting.form),
    defaultOf(setting),
    readers.join(", "),
  ]);
  return [[first, "what it is for", "form", "default", "programs"], Array(5).fill("---"), ...cells]
    .map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function defaultOf({ required, flag, defaultText }: Setting<unknown>): string {
  if (required) return "required";
  return defaultText === undefined || flag ? "" : `\`${defaultText}\``;
}

/** Angle brackets are no tags. */
function plain(text: string): string {
  return text.replaceAll(/<\w+>\S*/g, "\`$&\`");
}

import { groups } from "../../src/app/setting.ts";
import { variants } from "./variants.ts";

const head =
  `# Settings: copy this file to .env and change what you need. What is set in the environment wins
# over this file. Forms, and which program reads what: docs/SETTINGS.md, or --help of each program.
# Written by "deno task generate".
`;

const containers = `# Containers: read by \`docker compose\` alone. Profiles are feed, live and dev.
# COMPOSE_PROFILES=feed
`;

/** The one setting that a newcomer fills in. */
const shown = "FINHUB_SECRET_KEY";

/** `.env.example`: every variable with what it is for and its default. */
export function envExample(): string {
  const settings = variants().map(({ setting }) => setting);
  const sections = Object.entries(groups).map(([group, title]) => {
    const members = settings.filter((setting) => setting.group === group);
    const byName = new Map(members.toReversed().map((setting) => [setting.variable, setting]));
    const lines = [...new Set(members.map(({ variable }) => variable))].flatMap((name = "") => {
      const { meaning = "", defaultText = "" } = byName.get(name) ?? {};
      return [`#   ${meaning}`, `${name === shown ? "" : "# "}${name}=${defaultText}`];
    });
    return [`# ${title.replaceAll("\`", "")}.`, ...lines, ""].join("\n");
  });
  return [head, ...sections, containers].join("\n");
}

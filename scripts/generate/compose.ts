import { programs } from "../../src/app/programs.ts";
import { settingsOf, variablesOf } from "../../src/app/setting.ts";
import { withRegion } from "./region.ts";

/** Logins are in a file of each container; the host's settings are for others. */
const security: readonly string[] = [
  ...["KAFKA_SECURITY_PROTOCOL", "KAFKA_SASL_MECHANISM", "KAFKA_USERNAME", "KAFKA_PASSWORD"],
  ...["KAFKA_CA_FILE", "SCHEMA_REGISTRY_USERNAME", "SCHEMA_REGISTRY_PASSWORD"],
  ...["SCHEMA_REGISTRY_CA_FILE", "CASSANDRA_USERNAME", "CASSANDRA_PASSWORD", "CASSANDRA_TLS"],
  "CASSANDRA_CA_FILE",
];

/** What a container is not given as the host has it. */
const withheld: Readonly<Record<string, readonly string[]>> = {
  // A file of the host is none of the container's; key and feed are those of the profile.
  produce: [...security, "FINHUB_SYMBOLS_FILE", "FINHUB_API_URL", "FINHUB_SECRET_KEY"],
  process: security,
  provision: security,
  // The simulated feed takes any key, and so needs to know none.
  feed: ["FINHUB_SECRET_KEY"],
};

/** The compose file with the variables that each container is given as `.env` has them. */
export function composeFile(present: string): string {
  return Object.entries(withheld).reduce((text, [name, except]) => {
    const own = ownLines(text, name);
    const program = programs.find((other) => other.name === name);
    const passed = variablesOf(program === undefined ? [] : settingsOf(program))
      .filter((variable) => !except.includes(variable) && !own.variables.includes(variable));
    return withRegion(text, name, passed.map((variable) => `${own.indent}${variable}:`).join("\n"));
  }, present);
}

/** The variables that stand above the mark, of its list. */
function ownLines(text: string, name: string): { indent: string; variables: string[] } {
  const [, above = "", indent = ""] = new RegExp(
    `\\n((?: *[A-Z_]+: .*\\n)+)( *)# generated: ${name}\\n`,
  ).exec(text) ?? [];
  return { indent, variables: [...above.matchAll(/^ *([A-Z_]+):/gm)].map(([, own = ""]) => own) };
}

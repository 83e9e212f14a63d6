/** The places that list settings must not drift from the one that defines them. */
import assert from "node:assert/strict";
import compose from "../../../compose/compose.yaml" with { type: "text" };
import config from "../../../deno.json" with { type: "json" };
import example from "../../../.env.example" with { type: "text" };
import document from "../../../docs/SETTINGS.md" with { type: "text" };
import { type Setting, settingsOf } from "../../../src/app/setting.ts";
import { programs } from "../../support/programs.ts";

const tasks: Readonly<Record<string, { description: string; command?: string }>> = config.tasks;

/** What `docker compose` reads besides the settings of the programs. */
const composeVariables = ["COMPOSE_PROFILES", "GRAFANA_PASSWORD"];

function variablesOf(settings: readonly Setting<unknown>[]): string[] {
  return settings.flatMap(({ variable }) => variable ?? []);
}

for (const program of programs) {
  Deno.test(`task ${program.name} may read exactly the variables of its settings`, () => {
    const [, list = ""] = /--allow-env=(\S+)/.exec(tasks[program.name]?.command ?? "") ?? [];
    assert.deepEqual(list.split(",").sort(), variablesOf(settingsOf(program)).sort());
  });
}

Deno.test(".env.example lists every variable with a default of it", () => {
  const shown = new Map(
    [...example.matchAll(/^(?:# )?([A-Z_]+)=(.*)$/gm)].map(([, name = "", text]) => [name, text]),
  );
  const settings = programs.flatMap(settingsOf).filter(({ variable }) => variable !== undefined);
  for (const { variable = "" } of settings) {
    const defaults = settings.filter((setting) => setting.variable === variable)
      .map(({ defaultText = "" }) => defaultText);
    assert(defaults.includes(shown.get(variable) ?? "absent"), variable);
  }
  const known = new Set([...variablesOf(settings), ...composeVariables]);
  assert.deepEqual([...shown.keys()].sort(), [...known].sort());
  const interpolated = [...compose.matchAll(/\$\{([A-Z_]+)/g)].map(([, name = ""]) => name);
  for (const name of interpolated) assert(known.has(name), name);
});

/** Cells of the table of docs/SETTINGS.md, by variable. */
function documentRows(): Map<string, readonly string[]> {
  const rows = document.split("\n").filter((line) => /^\| `[A-Z_]+`/.test(line));
  return new Map(rows.map((row) => {
    const [variable = "", ...cells] = row.split("|").slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", ""));
    return [variable, cells];
  }));
}

Deno.test("docs/SETTINGS.md lists every variable with its form, its default and who reads it", () => {
  const settings = programs.flatMap(settingsOf).filter(({ variable }) => variable !== undefined);
  const rows = documentRows();
  assert.deepEqual([...rows.keys()].sort(), [...new Set(variablesOf(settings))].sort());
  for (const [variable, [form, defaultText = "", meaning, readers]] of rows) {
    const same = settings.filter((setting) => setting.variable === variable);
    assert(same.some((setting) => setting.form === form), `${variable}: ${form}`);
    const defaults = same.map((setting) => setting.defaultText ?? "optional");
    assert(defaults.includes(defaultText), `${variable}: ${defaultText}`);
    assert.notEqual(meaning, "", variable);
    const reading = programs.filter((program) =>
      variablesOf(settingsOf(program)).includes(variable)
    );
    assert.equal(readers, reading.map(({ name }) => name).join(", "), variable);
  }
});

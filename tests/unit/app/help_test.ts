import assert from "node:assert/strict";
import { feedProgram } from "../../../src/app/feed_config.ts";
import { helpText } from "../../../src/app/help.ts";
import { processProgram } from "../../../src/app/process_config.ts";
import { produceProgram } from "../../../src/app/produce_config.ts";
import { provisionProgram } from "../../../src/app/provision_config.ts";
import { type Program, settingName, settingsOf } from "../../../src/app/setting.ts";
import { startProgram } from "../../../src/app/start_config.ts";

// deno-lint-ignore no-explicit-any
const programs: readonly Program<any>[] = [
  produceProgram,
  processProgram,
  startProgram,
  feedProgram,
  provisionProgram,
];

for (const program of programs) {
  Deno.test(`helpText() of ${program.name} lists every setting with form and default`, () => {
    const words = helpText(program).replace(/\s+/g, " ");
    for (const setting of settingsOf(program)) {
      assert(words.includes(settingName(setting)), settingName(setting));
      assert(setting.flag || words.includes(setting.form), setting.form);
      assert(words.includes(setting.flag ? "optional" : setting.defaultText ?? ""));
    }
  });

  Deno.test(`defaults of ${program.name} have the form that they are described with`, () => {
    for (const setting of settingsOf(program)) {
      if (setting.defaultText === undefined) continue;
      assert.notEqual(setting.parse(setting.defaultText), undefined, settingName(setting));
    }
  });
}

Deno.test("helpText() keeps its lines short", () => {
  for (const line of helpText(startProgram).split("\n")) assert(line.length <= 88, line);
});

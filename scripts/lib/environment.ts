import { givenTexts } from "../../src/app/given_texts.ts";
import { programs } from "../../src/app/programs.ts";
import { dropNodeWarnings } from "../../src/app/quiet.ts";
import { type GivenTexts, type Setting, settingsOf, variablesOf } from "../../src/app/setting.ts";
import { printError } from "./print.ts";

/** What a script is told by the environment and the settings file, as the programs read them. */
export function environmentOf(script: string, settings: readonly Setting<unknown>[]): GivenTexts {
  dropNodeWarnings();
  const known = programs.flatMap((program) => variablesOf(settingsOf(program)));
  const { texts, notes } = givenTexts(script, variablesOf(settings), known);
  for (const note of notes) printError(note);
  return texts;
}

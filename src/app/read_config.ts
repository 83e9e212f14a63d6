import { PipelineError } from "../base/errors.ts";
import { parseOptions } from "./options.ts";
import { type GivenTexts, type Program, type Setting, settingName } from "./setting.ts";
import { scrubber } from "./scrub.ts";

/** Longest part of a wrong value that is shown, characters. */
const shownCharsMax = 120;

const scrub = scrubber();

/**
 * Reads the whole configuration of a program.
 *
 * @param environment Environment variables; an empty one counts as not given.
 * @param args Command-line arguments after the program's name.
 * @returns A frozen object.
 * @throws {PipelineError} `CONFIG_INVALID` that lists every problem: name, form, received value.
 */
export function readConfig<Config extends object>(
  program: Program<Config>,
  environment: GivenTexts,
  args: readonly string[] = [],
): Readonly<Config> {
  const { given, problems } = parseOptions(Object.values(program.settings), args);
  const texts = { ...environment, ...given };
  const values: Record<string, unknown> = {};
  for (const [field, setting] of Object.entries<Setting<unknown>>(program.settings)) {
    values[field] = readSetting(setting, texts, problems);
  }
  const config = Object.freeze(values) as Readonly<Config>;
  if (problems.length === 0) problems.push(...program.contradictions?.(config) ?? []);
  if (problems.length > 0) throw configInvalid(program.name, problems);
  return config;
}

/** The error for settings that do not allow a start. */
export function configInvalid(program: string, problems: readonly string[]): PipelineError {
  const count = problems.length === 1 ? "1 setting is" : `${problems.length} settings are`;
  return new PipelineError(
    "CONFIG_INVALID",
    `Cannot run ${program} as ${count} not valid:\n${problems.map((p) => `  ${p}`).join("\n")}`,
    { context: { program, problems: problems.length } },
  );
}

function readSetting(setting: Setting<unknown>, texts: GivenTexts, problems: string[]): unknown {
  const name = givenName(setting, texts);
  const text = name === undefined ? setting.defaultText : texts[name];
  if (text === undefined) {
    if (setting.required) problems.push(`${settingName(setting)} must be ${setting.form}: not set`);
    return undefined;
  }
  const misplaced = name === undefined ? undefined : misplacement(setting, texts);
  if (misplaced !== undefined) problems.push(`${name} must be absent ${misplaced}: it is given`);
  const value = setting.parse(text.trim());
  if (value === undefined) {
    problems.push(
      `${name ?? settingName(setting)} must be ${setting.form}: received ${shown(setting, text)}`,
    );
  }
  return value;
}

/** Why a given setting says nothing beside the others, or `undefined` if it does. */
function misplacement(setting: Setting<unknown>, texts: GivenTexts): string | undefined {
  const { onlyWith, notWith } = setting;
  if (onlyWith !== undefined && texts[onlyWith] === undefined) return `without ${onlyWith}`;
  return notWith !== undefined && texts[notWith] !== undefined ? `beside ${notWith}` : undefined;
}

/** Where the user gave the value: the option wins over the variable. */
function givenName(setting: Setting<unknown>, texts: GivenTexts): string | undefined {
  return [setting.option, setting.variable].find((name) =>
    name !== undefined && counts(setting, texts[name])
  );
}

function counts(setting: Setting<unknown>, text: string | undefined): boolean {
  return text !== undefined && (setting.emptyCounts === true || text.trim() !== "");
}

function shown(setting: Setting<unknown>, text: string): string {
  if (setting.secret) return "a value that is not shown";
  const clean = scrub(text);
  return JSON.stringify(
    clean.length > shownCharsMax ? `${clean.slice(0, shownCharsMax)}…` : clean,
  );
}

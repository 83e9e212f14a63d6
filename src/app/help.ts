import { type Program, type Setting, settingsOf } from "./setting.ts";

const widthChars = 88;
const indent = "      ";

/** What `--help` prints: every setting of a program with its form and default. */
export function helpText<Config extends object>(program: Program<Config>): string {
  const settings = settingsOf(program);
  const options = settings.filter((setting) => setting.option !== undefined);
  const variables = settings.filter((setting) => setting.option === undefined);
  return [
    ...wrapped(program.summary, ""),
    "",
    `Usage: deno task ${program.name}${options.length > 0 ? " [options]" : ""}`,
    "",
    "Options",
    ...options.flatMap(optionLines),
    "  --help",
    ...wrapped("show this", indent),
    "",
    "Environment variables (also read from a file .env in this folder)",
    ...variables.flatMap(variableLines),
    "",
  ].join("\n");
}

function optionLines(setting: Setting<unknown>): string[] {
  const value = setting.flag ? "" : " <value>";
  const also = setting.variable === undefined ? "" : `, or ${setting.variable}`;
  return [`  ${setting.option}${value}${also}`, ...descriptionLines(setting)];
}

function variableLines(setting: Setting<unknown>): string[] {
  return [`  ${setting.variable}`, ...descriptionLines(setting)];
}

function descriptionLines(setting: Setting<unknown>): string[] {
  const form = setting.flag ? "" : `${setting.form}; `;
  return [
    ...wrapped(setting.meaning, indent),
    ...wrapped(`${form}${defaultNote(setting)}`, indent),
  ];
}

function defaultNote(setting: Setting<unknown>): string {
  if (setting.required) return "required";
  return setting.defaultText === undefined || setting.flag
    ? "optional"
    : `default: ${setting.defaultText}`;
}

/** The words of a text in lines of bounded width; a longer word gets a line of its own. */
function wrapped(text: string, lead: string): string[] {
  const lines: string[] = [];
  let line = lead;
  for (const word of text.split(" ")) {
    if (line.length > lead.length && line.length + 1 + word.length > widthChars) {
      lines.push(line);
      line = lead;
    }
    line += line.length > lead.length ? ` ${word}` : word;
  }
  return [...lines, line];
}

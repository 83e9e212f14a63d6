import type { Setting } from "./setting.ts";

/** What a command line says. */
export interface ParsedOptions {
  /** Texts by option name with its dashes. */
  readonly given: Readonly<Record<string, string>>;
  /** What is wrong with it, as sentences without a full stop; the caller may add. */
  readonly problems: string[];
}

/**
 * Splits a command line into the options that a program knows: `--name value`, `--name=value`
 * and flags. The last one wins when an option is repeated.
 */
export function parseOptions(
  settings: readonly Setting<unknown>[],
  args: readonly string[],
): ParsedOptions {
  const known = new Map(settings.flatMap((s) => s.option === undefined ? [] : [[s.option, s]]));
  const given: Record<string, string> = {};
  const problems: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = splitArgument(args[i] ?? "");
    const setting = known.get(name);
    if (setting === undefined) {
      problems.push(unknownArgument(name, [...known.keys()]));
    } else if (setting.flag) {
      given[name] = inline ?? "true";
    } else if (inline !== undefined) {
      given[name] = inline;
    } else if (isValue(args[i + 1])) {
      given[name] = args[++i] ?? "";
    } else {
      problems.push(`${name} must be ${setting.form}: no value follows it`);
    }
  }
  return { given, problems };
}

function splitArgument(argument: string): [name: string, inline: string | undefined] {
  const equals = argument.startsWith("--") ? argument.indexOf("=") : -1;
  return equals < 0
    ? [argument, undefined]
    : [argument.slice(0, equals), argument.slice(equals + 1)];
}

/** True for what can follow an option; a single dash may begin a file name or a number. */
function isValue(argument: string | undefined): boolean {
  return argument !== undefined && !argument.startsWith("--");
}

function unknownArgument(name: string, known: readonly string[]): string {
  const expected = known.length === 0 ? "absent" : `one of ${known.join(", ")}`;
  return `Argument "${name}" must be ${expected}: it is not known`;
}

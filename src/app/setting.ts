import type { Remedies } from "../base/errors.ts";

/** What variables are listed under in `docs/SETTINGS.md` and `.env.example`, in this order. */
export const groups = {
  feed: "Finnhub",
  kafka: "Kafka",
  registry: "Schema registry",
  spool: "Spool of the producer",
  results: "Results: Cassandra, or the tables of `start`",
  engine: "Engine",
  http: "Page, queries and metrics",
  log: "Log",
} as const;

/**
 * One thing that a user can set: an environment variable, a command-line option, or both.
 *
 * Everything that is known about it stands here once: reader, permissions and `--help` use this
 * description, and `deno task generate` writes it into `deno.json`, `.env.example`,
 * `docs/SETTINGS.md` and the compose file.
 */
export interface Setting<T> {
  /** Environment variable; at least one of `variable` and `option` is there. */
  readonly variable?: string;
  /** Where the variable is listed; every variable has one. */
  readonly group?: keyof typeof groups;
  /** Command-line option with its dashes; wins over the variable. */
  readonly option?: string;
  /** Expected form, for people; ends the sentence "KAFKA_URL must be …". */
  readonly form: string;
  /** What it does, for people; a phrase without a full stop. */
  readonly meaning: string;
  /** What counts when nothing is given, written as a user would write it. */
  readonly defaultText?: string;
  /** Nothing given is a problem; without it and without a default the value is `undefined`. */
  readonly required?: true;
  /** Never shown, not even when it is wrong. */
  readonly secret?: true;
  /** An empty text is a value and not the same as nothing. */
  readonly emptyCounts?: true;
  /** An option that takes no value; given, its text is `true`. */
  readonly flag?: true;
  /** Option without which this one says nothing. */
  readonly onlyWith?: string;
  /** Option beside which this one says nothing. */
  readonly notWith?: string;
  /** The value is a path: a file that is read, or a folder that is written, too. */
  readonly path?: "file" | "folder";
  /** The value names a host: the URL of one that is connected to, or an address to listen on. */
  readonly host?: "url" | "address";
  /** The value of a text, or `undefined` if the text does not have the form. */
  readonly parse: (text: string) => T | undefined;
}

/** The settings that make up a configuration, field by field. */
export type SettingsOf<Config> = { readonly [Field in keyof Config]: Setting<Config[Field]> };

/** Texts by variable name and by option name with its dashes. */
export type GivenTexts = Readonly<Record<string, string | undefined>>;

/** A command with its settings. */
export interface Program<Config extends object> {
  /** Name of the task that runs it. */
  readonly name: string;
  /** What it does, for people; one or two sentences. */
  readonly summary: string;
  readonly settings: SettingsOf<Config>;
  /** Problems between settings that are each valid, as sentences without a full stop. */
  readonly contradictions?: (config: Config) => readonly string[];
  /** What to do about errors that stop it, for those who have its settings. */
  readonly remedies?: (config: Config) => Remedies;
}

/** The settings of a program in the order in which they are shown. */
export function settingsOf<Config extends object>(
  program: Program<Config>,
): readonly Setting<unknown>[] {
  return Object.values(program.settings);
}

/** The environment variables of some settings. */
export function variablesOf(settings: readonly Setting<unknown>[]): string[] {
  return settings.flatMap(({ variable }) => variable ?? []);
}

/** The name under which a setting is spoken of when nothing is given. */
export function settingName(setting: Setting<unknown>): string {
  return setting.variable ?? setting.option ?? "";
}

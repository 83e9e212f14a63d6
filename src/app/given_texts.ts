import { decodeEnvFile, parseEnvFile } from "./env_file.ts";
import { configInvalid } from "./read_config.ts";
import type { GivenTexts } from "./setting.ts";

/** Variable with the name of the settings file; empty for none. */
export const envFileVariable = "ENV_FILE";

/** The settings file where the variable names no other. */
export const usualEnvFile = ".env";

/** What is set outside of the command line. */
export interface Given {
  readonly texts: GivenTexts;
  /** What its writer should know of the settings file. */
  readonly notes: readonly string[];
}

/**
 * The variables of a program: from the environment, else from the settings file.
 *
 * Asks for these variables only, so that the program needs no leave to read others.
 *
 * @param known Every variable that means something in the file.
 * @throws {PipelineError} `CONFIG_INVALID` for a file that is named and not there, or no text.
 */
export function givenTexts(
  program: string,
  variables: readonly string[],
  known: readonly string[],
): Given {
  const named = Deno.env.get(envFileVariable);
  const path = named ?? usualEnvFile;
  const bytes = path === "" ? undefined : bytesOf(program, path, { required: named !== undefined });
  const { texts, notes } = parseEnvFile(textOf(program, path, bytes), known);
  const set = variables.map((name) => [name, Deno.env.get(name) ?? texts[name]]);
  return { texts: Object.fromEntries(set), notes: notes.map((note) => `${path} ${note}`) };
}

function bytesOf(
  program: string,
  path: string,
  { required }: { readonly required: boolean },
): Uint8Array | undefined {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    // Compiled programs may not read everything, and need no such file.
    const absent = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable;
    if (absent && !required) return undefined;
    const cause = error instanceof Error ? error.message : String(error);
    throw configInvalid(program, [`the settings file ${path} must be readable: ${cause}`]);
  }
}

function textOf(program: string, path: string, bytes: Uint8Array | undefined): string {
  try {
    return decodeEnvFile(bytes ?? new Uint8Array());
  } catch {
    throw configInvalid(program, [`the settings file ${path} must be UTF-8 or UTF-16 text`]);
  }
}

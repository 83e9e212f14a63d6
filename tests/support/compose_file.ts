import { load } from "js-yaml";

/** One service of a compose file, as far as tests look at it. */
export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly target: string };
  readonly profiles?: readonly string[];
  /** `null` passes on what the surroundings have, if anything. */
  readonly environment?: Readonly<Record<string, string | number | null>>;
  readonly env_file?: unknown;
  readonly privileged?: boolean;
  readonly user?: string;
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly mem_limit?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly (string | { readonly source: string })[];
  readonly networks?: Readonly<Record<string, { readonly aliases: readonly string[] }>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

/** A compose file with its anchors and merges resolved. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Reads a compose file; what it takes from the surroundings stays as it is written. */
export function parseComposeFile(text: string): ComposeFile {
  return load(text) as ComposeFile;
}

/**
 * The environment that a service has.
 *
 * @param surroundings What `.env` sets; counts only for what the service passes on.
 */
export function environmentOf(
  { environment = {} }: ComposeService,
  surroundings: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const given = Object.entries(environment).flatMap(([name, value]): [string, string][] => {
    if (value !== null) return [[name, withDefaults(String(value))]];
    return surroundings[name] === undefined ? [] : [[name, surroundings[name]]];
  });
  return Object.fromEntries(given);
}

/** Puts the default of each `${NAME:-default}` in its place. */
function withDefaults(text: string): string {
  return text.replaceAll(/\$\{[A-Z_]+:-([^}]*)\}/g, "$1");
}

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

/** The environment that a service has where the surroundings set nothing. */
export function environmentOf({ environment = {} }: ComposeService): Record<string, string> {
  const set = Object.entries(environment).filter(([, value]) => value !== null);
  return Object.fromEntries(set.map(([name, value]) => [name, withDefaults(String(value))]));
}

/** Puts the default of each `${NAME:-default}` in its place. */
function withDefaults(text: string): string {
  return text.replaceAll(/\$\{[A-Z_]+:-([^}]*)\}/g, "$1");
}

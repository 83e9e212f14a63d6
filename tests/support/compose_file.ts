import { load } from "js-yaml";

/** One service of a compose file, as far as tests look at it. */
export interface ComposeService {
  readonly image: string;
  readonly pull_policy?: string;
  readonly build?: { readonly target: string };
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly profiles?: readonly string[];
  /** `null` passes on what the surroundings have, if anything. */
  readonly environment?: Readonly<Record<string, string | number | null>>;
  readonly env_file?: unknown;
  readonly privileged?: boolean;
  readonly user?: string;
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly stop_grace_period?: string;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly mem_limit?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly (string | ComposeBind)[];
  readonly networks?: Readonly<Record<string, { readonly aliases: readonly string[] }>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: ComposeHealth;
}

/** A folder or file of this machine in a container. */
export interface ComposeBind {
  readonly source: string;
  readonly target: string;
  readonly read_only: boolean;
}

/** How a container's health is checked; times are like `5s`. */
export interface ComposeHealth {
  readonly test: readonly string[];
  readonly interval: string;
  readonly timeout: string;
  readonly retries: number;
  readonly start_period: string;
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
 * @param surroundings What `.env` sets; counts only for what the service asks for.
 */
export function environmentOf(
  { environment = {} }: ComposeService,
  surroundings: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const given = Object.entries(environment).flatMap(([name, value]): [string, string][] => {
    if (value !== null) return [[name, filled(String(value), surroundings)]];
    return surroundings[name] === undefined ? [] : [[name, surroundings[name]]];
  });
  return Object.fromEntries(given);
}

/** Puts what is set, or the default, in the place of each `${NAME:-default}`. */
function filled(text: string, surroundings: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\{([A-Z_]+):-([^}]*)\}/g,
    (_, name, fallback) => surroundings[name] || fallback,
  );
}

import { PipelineError } from "../base/errors.ts";
import { type Program, type Setting, settingName } from "./setting.ts";

/**
 * What a permission set allows at the start: paths and not `true`, as Deno lets go of a path while
 * it keeps others. Both drives matter on Windows only: the packages may be on the system's.
 */
export const everywhere: readonly string[] = ["/", "C:/"];

/**
 * From here on, what the program and its native code create belongs to its user alone: folders have
 * mode 0700, files 0600. Windows has no modes; there the user's own folders are private.
 */
export function keepFilesPrivate(): void {
  if (Deno.build.os !== "windows") Deno.umask(0o077);
}

/**
 * Tells at the start, and not after every connection, that a host may not be opened.
 *
 * @throws {PipelineError} `CONFIG_INVALID` if a setting names a host that the flags do not.
 */
export function requireHosts<Config extends object>(
  program: Program<Config>,
  config: Config,
): void {
  const ports = Object.entries(config).filter(([field]) => /port$/i.test(field))
    .map(([, port]) => `:${port}`);
  for (const [field, setting] of Object.entries<Setting<unknown>>(program.settings)) {
    const value = config[field as keyof Config];
    if (setting.host === undefined || typeof value !== "string") continue;
    const host = setting.host === "url" ? hostOf(new URL(value)) : value;
    // A host may be allowed as a whole, or with the port that the program listens on.
    const forms = setting.host === "url" ? [host] : ["", ...ports].map((port) => host + port);
    if (forms.some(isOpen)) continue;
    throw new PipelineError(
      "CONFIG_INVALID",
      `Cannot use ${settingName(setting)} as its host must be one that the flags allow: ${host} ` +
        `is not; start "deno run -P=${program.name} --allow-net=${host},127.0.0.1 ` +
        `src/${program.name}.ts", with every other host it needs`,
    );
  }
}

function hostOf({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port || (/^(https|wss):/.test(protocol) ? 443 : 80)}`;
}

function isOpen(host: string): boolean {
  return Deno.permissions.querySync({ name: "net", host }).state === "granted";
}

/**
 * Gives up the leave to read and write what the settings do not name, to load native code (that of
 * LevelDB is loaded by now) and to ask for the machine. What comes from outside is read after this.
 *
 * @see docs/adr/0013-permissions.md
 */
export function confine<Config extends object>(program: Program<Config>, config: Config): void {
  for (const [field, setting] of Object.entries<Setting<unknown>>(program.settings)) {
    const path = config[field as keyof Config];
    if (setting.path === undefined || typeof path !== "string") continue;
    for (const form of [path, ...realPaths(path)]) {
      Deno.permissions.requestSync({ name: "read", path: form });
      if (setting.path === "folder") Deno.permissions.requestSync({ name: "write", path: form });
    }
  }
  for (const name of ["read", "write", "ffi"] as const) {
    for (const path of everywhere) Deno.permissions.revokeSync({ name, path });
  }
  Deno.permissions.revokeSync({ name: "sys" });
}

/** Where a link leads; nothing for what is not there yet. */
function realPaths(path: string): string[] {
  try {
    return [Deno.realPathSync(path)];
  } catch {
    return [];
  }
}

import type { Program, Setting } from "./setting.ts";

/**
 * What a permission set allows at the start: paths and not `true`, as Deno lets go of a path while
 * it keeps others. Both drives matter on Windows only: the packages may be on the system's.
 */
export const everywhere: readonly string[] = ["/", "C:/"];

/**
 * Gives up the leave to read and write what the settings do not name, and to load native code: that
 * of LevelDB is loaded by now. What comes from outside is read after this.
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
}

/** Where a link leads; nothing for what is not there yet. */
function realPaths(path: string): string[] {
  try {
    return [Deno.realPathSync(path)];
  } catch {
    return [];
  }
}

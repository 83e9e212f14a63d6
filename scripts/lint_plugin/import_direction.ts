import { folders, type Place, placeOf, resolvedPlace } from "./places.ts";
import { eachSpecifier } from "./specifiers.ts";

/**
 * Folders of `src`, and the rooms of a folder, import only from those that know less; nothing in
 * `src` imports a main.
 */
export const importDirection: Deno.lint.Rule = {
  create(context) {
    const from = placeOf(context.filename);
    if (from === undefined) return {};
    return eachSpecifier((specifier, node) => {
      if (!specifier.startsWith(".")) return;
      const to = resolvedPlace(from, specifier);
      const message = to === undefined
        ? leavingSource(specifier)
        : forbiddenStep(from.folder, to.folder) ?? forbiddenRoom(from, to);
      if (message !== undefined) context.report({ node, message });
    });
  },
};

/** Assets (schemas, statements, pages) may lie outside of `src`, code may not. */
function leavingSource(specifier: string): string | undefined {
  return /\.[cm]?[jt]sx?$/.test(specifier)
    ? `Cannot import "${specifier}" as code of src must come from src`
    : undefined;
}

function forbiddenStep(from: string | undefined, to: string | undefined): string | undefined {
  if (from === to) return from === undefined ? "A main cannot import a main" : undefined;
  if (to === undefined) return `Cannot import a main from ${from}/`;
  if (folders[to] === undefined) return `Folder ${to}/ has no place in the import table`;
  if (from === undefined) return undefined;
  const allowed = folders[from]?.imports;
  if (allowed === undefined) return `Folder ${from}/ has no place in the import table`;
  if (allowed.includes(to)) return undefined;
  return `Cannot import ${to}/ from ${from}/ as it may import ${allowed.join(", ") || "nothing"}`;
}

function forbiddenRoom(from: Place, to: Place): string | undefined {
  const rooms = folders[from.folder ?? ""]?.rooms;
  if (rooms === undefined || from.folder !== to.folder || from.room === to.room) return undefined;
  if (from.path === `${from.folder}/mod.ts`) return undefined;
  const allowed = rooms[from.room];
  if (allowed === undefined) return `Room ${from.folder}/${from.room}/ has no place in the table`;
  if (allowed.includes(to.room)) return undefined;
  const own = allowed.join(", ") || "no other room";
  return `Cannot import "${to.path}" from ${from.folder}/${from.room} as it may import ${own}`;
}

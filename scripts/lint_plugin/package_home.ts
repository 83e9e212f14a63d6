import { folders, placeOf } from "./places.ts";
import { eachSpecifier } from "./specifiers.ts";

/** Each npm package is imported in one folder, so that one folder changes when it does. */
export const packageHome: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    if (place === undefined) return outsideSrc(context);
    return eachSpecifier((specifier, node) => {
      const name = packageOf(specifier);
      const home = name && homeOf(name);
      if (name === undefined || home === (place.folder ?? "")) return;
      const where = home === undefined ? "in no folder yet" : `in ${home}/ only`;
      context.report({ node, message: `Package "${name}" may be imported ${where}` });
    });
  },
};

/** The one file that imports fast-check, as it sets the seed. */
const propertiesFile = "tests/support/properties.ts";

function outsideSrc(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  if (context.filename.replaceAll("\\", "/").endsWith(propertiesFile)) return {};
  return eachSpecifier((specifier, node) => {
    if (packageOf(specifier) !== "fast-check") return;
    const message =
      `Package "fast-check" may be imported in ${propertiesFile} only, which sets the seed`;
    context.report({ node, message });
  });
}

/** `@scope/name` or `name` of a bare specifier; `undefined` for files and for the runtime's own. */
function packageOf(specifier: string): string | undefined {
  if (/^(\.|\/|[a-z]+:)/.test(specifier)) return undefined;
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

function homeOf(name: string): string | undefined {
  return Object.keys(folders).find((folder) => folders[folder]?.packages.includes(name));
}

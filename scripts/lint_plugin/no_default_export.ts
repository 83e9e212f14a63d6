import { placeOf } from "./places.ts";

/** A thing has one name wherever it is used: modules of `src` export by name. */
export const noDefaultExport: Deno.lint.Rule = {
  create(context) {
    if (placeOf(context.filename) === undefined) return {};
    return {
      ExportDefaultDeclaration(node) {
        context.report({ node, message: "Cannot export a default: give it its name" });
      },
    };
  },
};

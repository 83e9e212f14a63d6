import { placeOf } from "./places.ts";

/**
 * A `TextDecoder` drops a byte order mark and replaces what is no UTF-8 unless it is told not to,
 * so that two keys become one: it must say what it does about the mark.
 */
export const saysByteOrderMark: Deno.lint.Rule = {
  create(context) {
    if (placeOf(context.filename) === undefined) return {};
    return {
      NewExpression(node) {
        const { callee, arguments: given } = node;
        if (callee.type !== "Identifier" || callee.name !== "TextDecoder") return;
        if (context.sourceCode.getText(node).includes("ignoreBOM") && given.length === 2) return;
        context.report({
          node,
          message: "Cannot decode text without saying ignoreBOM: base/text.ts decodes keys",
        });
      },
    };
  },
};

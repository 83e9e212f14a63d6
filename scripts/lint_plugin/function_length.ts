/** Longest function, lines from its first to its last. */
export const functionLinesMax = 70;

type AnyFunction =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

/** A function fits on a screen. */
export const functionLength: Deno.lint.Rule = {
  create(context) {
    const check = (node: AnyFunction) => {
      const count = context.sourceCode.getText(node).split("\n").length;
      if (count <= functionLinesMax) return;
      context.report({ node, message: `Function of ${count} lines: at most ${functionLinesMax}` });
    };
    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
    };
  },
};

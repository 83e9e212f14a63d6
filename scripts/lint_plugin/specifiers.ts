/** Calls back for everything that names another module: imports, re-exports, dynamic imports. */
export function eachSpecifier(
  report: (specifier: string, node: Deno.lint.Node) => void,
): Deno.lint.LintVisitor {
  return {
    ImportDeclaration: (node) => report(node.source.value, node),
    ExportAllDeclaration: (node) => report(node.source.value, node),
    ExportNamedDeclaration(node) {
      if (node.source !== null) report(node.source.value, node);
    },
    ImportExpression(node) {
      if (node.source.type === "Literal" && typeof node.source.value === "string") {
        report(node.source.value, node);
      }
    },
  };
}

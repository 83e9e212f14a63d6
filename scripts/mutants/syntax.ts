/**
 * The compiler's parser, seen through the few things that are used of it.
 *
 * Its name is not a literal, because only `scripts/promises/deno.json` knows it: whoever runs the
 * pipeline need not download a compiler.
 */

/** A node of the syntax tree; which parts it has depends on its kind. */
export interface SyntaxNode {
  readonly kind: number;
  readonly end: number;
  readonly parent?: SyntaxNode;
  readonly expression?: SyntaxNode;
  readonly condition?: SyntaxNode;
  readonly left?: SyntaxNode;
  readonly right?: SyntaxNode;
  readonly operand?: SyntaxNode;
  /** Of unary expressions: the kind of the token. */
  readonly operator?: number;
  /** Of binary expressions. */
  readonly operatorToken?: SyntaxNode;
  readonly incrementor?: SyntaxNode;
  readonly elseStatement?: SyntaxNode;
  readonly statements?: readonly SyntaxNode[];
  /** Where its own text begins, behind spaces and comments. */
  getStart(): number;
}

/** The compiler. */
export interface Compiler {
  readonly SyntaxKind: Readonly<Record<string, number>>;
  readonly ScriptTarget: { readonly ESNext: number };
  createSourceFile(path: string, text: string, target: number, parents: boolean): SyntaxNode;
  forEachChild(node: SyntaxNode, visit: (child: SyntaxNode) => void): void;
}

/** Loads it with the import map of `scripts/promises`. */
export async function loadCompiler(): Promise<Compiler> {
  const name = "typescript";
  const loaded = await import(name);
  return loaded.default ?? loaded;
}

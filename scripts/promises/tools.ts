/**
 * The lint engine and the compiler, seen through the few things that are used of them.
 *
 * Their names are not literals, because only this folder's deno.json knows them: whoever runs the
 * pipeline need not download a compiler.
 */

/** One finding of the lint engine. */
export interface Finding {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly ruleId: string | null;
}

/** eslint's `Linter`. */
export interface LinterLike {
  verify(
    text: string,
    config: readonly object[],
    options: { filename: string },
  ): Finding[];
}

/** A program of the compiler; only handed on. */
export type ProgramLike = object;

/** The compiler. */
export interface CompilerLike {
  createProgram(rootNames: readonly string[], options: object): ProgramLike;
  readonly ScriptTarget: { readonly ESNext: number };
  readonly ModuleKind: { readonly ESNext: number };
  readonly ModuleResolutionKind: { readonly Bundler: number };
}

/** Everything that is loaded. */
export interface Tools {
  readonly linter: LinterLike;
  readonly compiler: CompilerLike;
  readonly plugin: object;
  readonly parser: object;
}

/** Loads them with the import map of this folder. */
export async function loadTools(): Promise<Tools> {
  const [eslint, typescript, typed] = await Promise.all(
    ["eslint/universal", "typescript", "typescript-eslint"].map((name) => import(name)),
  );
  return {
    linter: new eslint.Linter(),
    compiler: typescript.default ?? typescript,
    plugin: typed.default.plugin,
    parser: typed.default.parser,
  };
}

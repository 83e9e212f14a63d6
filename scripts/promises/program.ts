import { join } from "node:path";
import { root } from "../lib/source_files.ts";
import type { CompilerLike, ProgramLike } from "./tools.ts";

/** The part of `deno info --json` that is read here. */
interface PackageInfo {
  readonly npmPackages: Readonly<
    Record<string, { readonly name: string; readonly localPath: string }>
  >;
}

/** A program over the files, with Deno's types and those of the packages in Deno's cache. */
export async function createProgram(
  compiler: CompilerLike,
  files: readonly string[],
  folder: string,
): Promise<ProgramLike> {
  const packages = await packageFolders();
  const denoTypes = join(folder, "deno.d.ts");
  await Deno.writeTextFile(denoTypes, await deno("types"));
  const nodeTypes = join(packages.get("@types/node") ?? "", "index.d.ts");
  return compiler.createProgram([
    denoTypes,
    nodeTypes,
    ...files.map((path) => join(root, path)),
  ], {
    ...JSON.parse(await Deno.readTextFile(join(root, "deno.json")))
      .compilerOptions,
    target: compiler.ScriptTarget.ESNext,
    module: compiler.ModuleKind.ESNext,
    moduleResolution: compiler.ModuleResolutionKind.Bundler,
    lib: ["lib.esnext.d.ts"],
    types: [],
    paths: pathsOf(packages),
    allowImportingTsExtensions: true,
    allowArbitraryExtensions: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    noEmit: true,
  });
}

/** Every package of this repository and of this folder, by name. */
async function packageFolders(): Promise<Map<string, string>> {
  const here = new URL("./", import.meta.url);
  const infos = await Promise.all([
    deno(
      "info",
      "--json",
      "--config",
      join(root, "deno.json"),
      join(root, "scripts/test.ts"),
    ),
    deno(
      "info",
      "--json",
      "--config",
      new URL("deno.json", here).pathname,
      import.meta.url,
    ),
  ]);
  const packages = infos.flatMap((text) =>
    Object.values((JSON.parse(text) as PackageInfo).npmPackages ?? {})
  );
  return new Map(packages.map(({ name, localPath }) => [name, localPath]));
}

/** The compiler's own way to find a package that is not in a folder node_modules. */
function pathsOf(
  packages: ReadonlyMap<string, string>,
): Record<string, string[]> {
  return Object.fromEntries(
    [...packages].flatMap((
      [name, path],
    ) => [[name, [path]], [`${name}/*`, [`${path}/*`]]]),
  );
}

async function deno(...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
  })
    .output();
  if (!success) {
    throw new Error(
      `Cannot run deno ${args[0]}: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return new TextDecoder().decode(stdout);
}

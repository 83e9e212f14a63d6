import { join } from "node:path";
import { root } from "./source_files.ts";

/** What the sources need around them. */
const copied = [
  "docs",
  "deno.json",
  "deno.lock",
  "src",
  "tests",
  "scripts",
  "schemas",
  "cql",
  "grafana",
];

/** A copy of the sources in which bugs do no harm. Owner: the opener. */
export class SourceCopy implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<SourceCopy> {
    const folder = await Deno.makeTempDir({ prefix: "source-copy-" });
    for (const name of copied) await copy(join(root, name), join(folder, name));
    return new SourceCopy(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(join(from, name), join(to, name));
}

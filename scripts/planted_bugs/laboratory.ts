import { dirname, join } from "node:path";
import { exists } from "../lib/exists.ts";
import { root } from "../lib/source_files.ts";
import type { PlantedBug } from "./planted_bug.ts";

/** Seeds that a bug may take before it counts as not caught. */
const seedsMax = 10_000;

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

/** What became of a bug. */
export interface Finding {
  readonly caught: boolean;
  /** Seed or test that noticed it. */
  readonly by: string;
  readonly what: string;
  readonly seconds: number;
}

/** A copy of the sources in which bugs do no harm. Owner: the opener. */
export class Laboratory implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<Laboratory> {
    const folder = await Deno.makeTempDir({ prefix: "planted-bugs-" });
    for (const name of copied) await copy(join(root, name), join(folder, name));
    return new Laboratory(folder);
  }

  /** Plants a bug, waits until it is noticed, takes it out again. */
  async run(bug: PlantedBug): Promise<Finding> {
    const path = join(this.#folder, bug.file);
    const sound = await Deno.readTextFile(path);
    if (sound.split(bug.find).length !== 2) {
      const what = `${bug.file} must hold the text to replace exactly once`;
      return { caught: false, by: "-", what, seconds: 0 };
    }
    await Deno.writeTextFile(path, sound.replace(bug.find, () => bug.replace));
    try {
      return await this.#look(bug);
    } finally {
      await Deno.writeTextFile(path, sound);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #look({ test, kind = "counting" }: PlantedBug): Promise<Finding> {
    const startedMs = performance.now();
    const hunt = ["scripts/hunt.ts", "--kind", kind, "--seeds", String(seedsMax)];
    const args = test === undefined
      ? ["run", "-q", "-A", "--no-check", ...hunt]
      : ["test", "-q", "-A", "--no-check", ...await this.#config(test), test];
    const command = new Deno.Command(Deno.execPath(), { args, cwd: this.#folder, stdin: "null" });
    const { code, stdout } = await command.output();
    const seconds = (performance.now() - startedMs) / 1000;
    const caught = code === 1;
    if (test !== undefined) return { caught, by: "test", what: test, seconds };
    return { caught, ...verdict(new TextDecoder().decode(stdout)), seconds };
  }

  /** Some folders of tests have settings of their own. */
  async #config(test: string): Promise<string[]> {
    const own = join(dirname(test), "deno.json");
    return await exists(join(this.#folder, own)) ? [`--config=${own}`] : [];
  }
}

/** The last line of a hunt that found something. */
function verdict(output: string): { readonly by: string; readonly what: string } {
  const line = output.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) return { by: "-", what: line };
  const { seed, violation } = JSON.parse(line) as { seed: number; violation: string };
  return { by: `seed ${seed}`, what: violation.split("\n")[0] ?? "" };
}

async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(join(from, name), join(to, name));
}

import { dirname, join } from "node:path";
import { exists } from "../lib/exists.ts";
import { SourceCopy } from "../lib/source_copy.ts";
import type { PlantedBug } from "./planted_bug.ts";

/** Seeds that a bug may take before it counts as not caught. */
const seedsMax = 10_000;

/** A bug may let the program run for ever. */
const secondsMax = 600;

/** What became of a bug. */
export interface Finding {
  readonly caught: boolean;
  /** Seed or test that noticed it. */
  readonly by: string;
  readonly what: string;
  readonly seconds: number;
}

/** Where bugs are planted. Owner: the opener. */
export class Laboratory implements AsyncDisposable {
  readonly #copy: SourceCopy;

  private constructor(copy: SourceCopy) {
    this.#copy = copy;
  }

  static async open(): Promise<Laboratory> {
    return new Laboratory(await SourceCopy.open());
  }

  /** Plants a bug, waits until it is noticed, takes it out again. */
  async run(bug: PlantedBug): Promise<Finding> {
    const path = join(this.#copy.folder, bug.file);
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
    await this.#copy[Symbol.asyncDispose]();
  }

  async #look({ test, kind = "counting" }: PlantedBug): Promise<Finding> {
    const startedMs = performance.now();
    const hunt = ["scripts/hunt.ts", "--kind", kind, "--seeds", String(seedsMax)];
    const args = test === undefined
      ? ["run", "-q", "-A", "--no-check", ...hunt]
      : ["test", "-q", "-A", "--no-check", ...await this.#config(test), test];
    const command = new Deno.Command(Deno.execPath(), {
      args,
      cwd: this.#copy.folder,
      stdin: "null",
      signal: AbortSignal.timeout(1_000 * secondsMax),
    });
    const { code, stdout } = await command.output();
    const seconds = (performance.now() - startedMs) / 1000;
    const caught = code === 1;
    if (test !== undefined) return { caught, by: "test", what: test, seconds };
    return { caught, ...verdict(new TextDecoder().decode(stdout)), seconds };
  }

  /** Some folders of tests have settings of their own. */
  async #config(test: string): Promise<string[]> {
    const own = join(dirname(test), "deno.json");
    return await exists(join(this.#copy.folder, own)) ? [`--config=${own}`] : [];
  }
}

/** The last line of a hunt that found something. */
function verdict(output: string): { readonly by: string; readonly what: string } {
  const line = output.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) return { by: "-", what: line };
  const { seed, violation } = JSON.parse(line) as { seed: number; violation: string };
  return { by: `seed ${seed}`, what: violation.split("\n")[0] ?? "" };
}

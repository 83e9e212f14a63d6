/** One instruction, its lines joined and its flags taken off. */
export interface Instruction {
  readonly name: string;
  /** `--name=value` before the arguments. */
  readonly flags: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What makes one image out of another one. */
export interface Stage {
  readonly name: string;
  /** An earlier stage, or an image of a registry, without tag and digest. */
  readonly from: string;
  /** Tag of such an image. */
  readonly tag: string | undefined;
  readonly instructions: readonly Instruction[];
}

/**
 * The stages of a Dockerfile, with the defaults of its arguments.
 *
 * @throws {TypeError} If an instruction stands before the first stage, or a stage has no name.
 * @see Dockerfile reference; here-documents and `# escape` are not read.
 */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  const defaults: Record<string, string> = {};
  for (const instruction of instructionsOf(text)) {
    const stage = stages.at(-1);
    if (instruction.name === "FROM") stages.push(stageOf(instruction.text, defaults));
    else if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.name === "ARG") Object.assign(defaults, pairsOf(instruction.text));
    else throw new TypeError(`${instruction.name} stands before FROM`);
  }
  return stages;
}

/** `NAME=value …` of ENV and ARG. */
export function pairsOf(text: string): Record<string, string> {
  const pairs = text.matchAll(/(\w+)=(?:"([^"]*)"|(\S*))/g);
  return Object.fromEntries([...pairs].map(([, name, quoted, bare]) => [name, quoted ?? bare]));
}

function instructionsOf(text: string): Instruction[] {
  const lines = text.replaceAll(/^\s*#.*\n/gm, "").replaceAll(/\\\n/g, " ").split("\n");
  return lines.filter((line) => line.trim() !== "").map((line) => {
    const [, name = "", flags = "", rest = ""] = /^(\w+)\s+((?:--\S+\s+)*)(.*)$/.exec(line) ?? [];
    return { name, flags: pairsOf(flags.replaceAll("--", "")), text: rest.trim() };
  });
}

function stageOf(text: string, defaults: Readonly<Record<string, string>>) {
  const filled = text.replaceAll(/\$\{(\w+)\}/g, (_, name) => defaults[name] ?? "");
  const [, from, tag, name] = /^([^:@\s]+)(?::([^@\s]+))?\S* AS (\S+)$/.exec(filled) ?? [];
  if (from === undefined || name === undefined) throw new TypeError(`FROM ${text} has no name`);
  return { name, from, tag, instructions: [] };
}

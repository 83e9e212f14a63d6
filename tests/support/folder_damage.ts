import type { Random } from "../../src/base/random.ts";

/** What can befall the files of a closed store. */
export type DamageKind =
  | "flipped bit"
  | "truncated file"
  | "zero-length file"
  | "deleted file"
  | "missing CURRENT"
  | "garbage in CURRENT"
  | "garbage in MANIFEST"
  | "older file put back"
  | "older folder put back"
  | "store of another partition"
  | "store of another application";

/** Kinds as often as they are to come: single bits are the hardest to notice. */
export const damageKinds: readonly DamageKind[] = [
  ...new Array<DamageKind>(6).fill("flipped bit"),
  "truncated file",
  "truncated file",
  "zero-length file",
  "deleted file",
  "deleted file",
  "missing CURRENT",
  "garbage in CURRENT",
  "garbage in MANIFEST",
  "older file put back",
  "older file put back",
  "older file put back",
  "older folder put back",
  "store of another partition",
  "store of another application",
];

/** Other folders that a damage may take files from. */
export interface DamageSources {
  readonly older: readonly string[];
  readonly otherPartition: string;
  readonly otherApplication: string;
}

/** Damages a folder. Gives what was done, for people. */
export async function damageFolder(
  folder: string,
  kind: DamageKind,
  sources: DamageSources,
  random: Random,
): Promise<string> {
  const older = pick(random, sources.older);
  switch (kind) {
    case "older folder put back":
      await replaceFolder(older, folder);
      return kind;
    case "store of another partition":
      await replaceFolder(sources.otherPartition, folder);
      return kind;
    case "store of another application":
      await replaceFolder(sources.otherApplication, folder);
      return kind;
    case "older file put back": {
      const name = pick(random, await dataFiles(older));
      await Deno.copyFile(`${older}/${name}`, `${folder}/${name}`);
      return `${kind}: ${name}`;
    }
    default: {
      const name = pick(random, candidates(kind, await dataFiles(folder)));
      return `${kind}: ${name}${await damageFile(`${folder}/${name}`, kind, random)}`;
    }
  }
}

/** Copies a folder's files over another folder, of which nothing stays. */
export async function replaceFolder(from: string, to: string): Promise<void> {
  await Deno.remove(to, { recursive: true }).catch(() => {});
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) {
    await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

function candidates(kind: DamageKind, names: readonly string[]): readonly string[] {
  if (kind === "missing CURRENT" || kind === "garbage in CURRENT") return ["CURRENT"];
  if (kind === "garbage in MANIFEST") return names.filter((name) => name.startsWith("MANIFEST"));
  return names;
}

async function damageFile(path: string, kind: DamageKind, random: Random): Promise<string> {
  const { size } = await Deno.stat(path);
  const at = Math.floor(random.next() * size);
  switch (kind) {
    case "deleted file":
    case "missing CURRENT":
      await Deno.remove(path);
      return "";
    case "zero-length file":
      await Deno.truncate(path, 0);
      return "";
    case "truncated file":
      await Deno.truncate(path, at);
      return ` to ${at} of ${size} bytes`;
    case "flipped bit":
      return await flipBit(path, at, Math.floor(random.next() * 8), size);
    default:
      await Deno.writeFile(path, randomBytes(random, 1 + Math.floor(random.next() * 200)));
      return "";
  }
}

async function flipBit(path: string, at: number, bit: number, size: number): Promise<string> {
  if (size === 0) return " is empty";
  const bytes = await Deno.readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1 << bit;
  await Deno.writeFile(path, bytes);
  return `, bit ${bit} of byte ${at} of ${size}`;
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random.next() * 256));
}

/** All files but those that LevelDB never reads. */
async function dataFiles(folder: string): Promise<string[]> {
  const files = await Array.fromAsync(Deno.readDir(folder));
  return files.map(({ name }) => name).filter((name) => !/^LO(CK|G)/.test(name)).sort();
}

function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[Math.floor(random.next() * list.length)];
  if (item === undefined) throw new Error("there is nothing to pick from");
  return item;
}

import { emptyDir } from "./files.ts";
import { outputOf } from "../support/command.ts";

/** What an image holds, and how it is run. */
export interface Image {
  /** Folders, the upper one first. */
  readonly layers: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  /** Where it is run. */
  readonly folder: string;
  readonly volumes: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** A bare Debian, without its layer. */
export const debian: Image = {
  layers: [],
  env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
  user: "root",
  folder: "/",
  volumes: [],
  entrypoint: [],
  command: [],
};

/** Joins layers and a folder that takes what is changed at one place, by overlayfs. */
export async function joinLayers(
  layers: readonly string[],
  upper: string,
  merged: string,
): Promise<void> {
  const work = `${upper}.work`;
  await Promise.all([upper, merged].map((path) => Deno.mkdir(path, { recursive: true })));
  await emptyDir(work);
  const options = `lowerdir=${layers.join(":")},upperdir=${upper},workdir=${work}`;
  await outputOf("mount", ["-t", "overlay", "overlay", "-o", options, merged]);
}

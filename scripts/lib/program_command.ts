import { everywhere } from "../../src/app/confine.ts";
import { envFileVariable } from "../../src/app/given_texts.ts";
import { programs } from "../../src/app/programs.ts";
import { type Setting, settingsOf, variablesOf } from "../../src/app/setting.ts";
import { carryOverSettings } from "../carry_over/carry_over_config.ts";
import { stateSettings } from "../state/state_config.ts";

/** A task that reads settings. */
export type ProgramTask =
  | "produce"
  | "process"
  | "provision"
  | "feed"
  | "record"
  | "start"
  | "state"
  | "carry-over";

/** How Deno runs a program. */
export interface ProgramCommand {
  /** Variables that its surroundings read, not it. */
  readonly env: Readonly<Record<string, string>>;
  /** Flags of `deno run`, and of `deno compile`. */
  readonly flags: readonly string[];
  /** The program's file, from the repository's root. */
  readonly entry: string;
}

/** Those that keep a store in LevelDB, which is native code. */
const native: readonly ProgramTask[] = ["start", "produce", "process", "state"];

/** Those that make and drop much memory. */
const busy: readonly ProgramTask[] = ["start", "process"];

/** What V8 would guess wrongly there: see docs/adr/0008-speed-of-the-engine.md. */
const busyFlags = "--no-memory-pool,--heap-growing-percent=100";

/** What glibc would guess wrongly there: see the same. */
const busyEnv = { MALLOC_ARENA_MAX: "2" };

/** Scripts of this folder, with settings of their own; they read and write what they are told. */
const scripts: Readonly<Partial<Record<ProgramTask, readonly Setting<unknown>[]>>> = {
  "state": stateSettings,
  "carry-over": carryOverSettings,
};

/** All of them. */
export const programTasks: readonly ProgramTask[] = [
  ...programs.map(({ name }) => name as ProgramTask),
  ...Object.keys(scripts) as ProgramTask[],
];

/** Brokers and nodes are named by their cluster, and in no setting. */
export const anyHost = "-N";

/** Where a program listens, or finds a feed of this machine. */
const thisMachine = ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::]"] as const;

/** Hosts of those that use no cluster. */
const hosts: Readonly<Partial<Record<ProgramTask, readonly string[]>>> = {
  start: [...thisMachine, "ws.finnhub.io:443"],
  feed: thisMachine,
  record: [...thisMachine, "ws.finnhub.io:443"],
};

/** How a task runs its program; permissions are in `deno.json`. */
export function programCommand(task: ProgramTask): ProgramCommand {
  const entry = task in scripts ? `scripts/${task.replace("-", "_")}.ts` : `src/${task}.ts`;
  const isBusy = busy.includes(task);
  const v8 = isBusy ? [`--v8-flags=${busyFlags}`] : [];
  const net = hosts[task] === undefined ? [anyHost] : [];
  const flags = ["-q", "--no-prompt", `-P=${task}`, ...net, ...v8];
  return { env: isBusy ? busyEnv : {}, flags, entry };
}

/** Assignments as a shell has them in front of a command. */
export function assignments({ env }: Pick<ProgramCommand, "env">): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

/** Packages ask for variables that are none of ours. */
const othersAreUnset = true;

/** A permission set of `deno.json`. */
export interface PermissionSet {
  readonly env: { readonly allow: readonly string[]; readonly ignore: boolean };
  /** For the mask of new files; there is no narrower way to allow that. */
  readonly sys: true;
  readonly net?: readonly string[];
  readonly read: readonly string[];
  readonly write?: readonly string[];
  readonly ffi?: readonly string[];
}

/**
 * What a task's program may do until it has read its settings: see `confine()`. A cluster's hosts
 * are a flag's, so that who knows them can name them instead.
 */
export function permissionSet(task: ProgramTask): PermissionSet {
  const own = programs.find(({ name }) => name === task);
  const settings = own === undefined ? scripts[task] ?? [] : settingsOf(own);
  const writes = own === undefined || settings.some(({ path }) => path === "folder");
  return {
    env: { allow: [envFileVariable, ...variablesOf(settings)], ignore: othersAreUnset },
    sys: true,
    ...hosts[task] === undefined ? {} : { net: hosts[task] },
    read: everywhere,
    ...writes ? { write: everywhere } : {},
    ...native.includes(task) ? { ffi: everywhere } : {},
  };
}

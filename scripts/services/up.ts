import { PipelineError } from "../../src/base/errors.ts";
import { environmentOf } from "./environment.ts";
import { withFileLock } from "./file_lock.ts";
import { folders } from "./folders.ts";
import { launchMember, requireJava } from "./launch.ts";
import type { MemberName } from "./members.ts";
import { healthOf, waitUntilUp } from "./readiness.ts";
import { ServiceSet } from "./service_set.ts";
import type { ServicesSettings } from "./settings.ts";
import type { MemberState } from "./state.ts";
import { assignPorts, wantedMembers } from "./wanted.ts";

/** A set of which every asked-for member answers. */
export interface RunningServices {
  readonly dir: string;
  /** The asked-for members. */
  readonly members: readonly MemberState[];
  /** Ids of those that this call started; empty if all were up. */
  readonly started: readonly string[];
  /** Settings by which the pipeline finds them. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Makes sure that services run and answer in their own protocols.
 *
 * Members that are up are left alone, those that are not are started. What runs keeps running
 * after this program has ended, and after an error: the next call starts only the rest.
 *
 * @throws {PipelineError} `SERVICES_UNAVAILABLE` if a tool is missing, a port is busy or a service
 * does not come up; `CONFIG_INVALID` if the settings contradict the data in the folder.
 */
export async function startServices(settings: ServicesSettings): Promise<RunningServices> {
  await Deno.mkdir(settings.dir, { recursive: true });
  return await withFileLock(folders.lock(settings.dir), () => startLocked(settings));
}

async function startLocked(settings: ServicesSettings): Promise<RunningServices> {
  const set = ServiceSet.open(settings.dir, settings.random);
  const wanted = wantedMembers(set, settings);
  const down = await membersDown(wanted, set);
  await startDown(down, wanted, set, settings);
  const members = statesOf(wanted, set);
  return {
    dir: settings.dir,
    members,
    started: down.map((member) => member.id),
    environment: environmentOf(members),
  };
}

async function membersDown(wanted: readonly MemberName[], set: ServiceSet): Promise<MemberName[]> {
  const healths = await Promise.all(wanted.map((name) => {
    const member = set.find(name.id);
    return member ? healthOf(member) : "down";
  }));
  return wanted.filter((_, i) => healths[i] === "down");
}

async function startDown(
  down: readonly MemberName[],
  wanted: readonly MemberName[],
  set: ServiceSet,
  settings: ServicesSettings,
): Promise<void> {
  const others = wanted.filter((name) => !down.includes(name));
  const launched = down.length > 0 ? await launchAll(down, set, settings) : [];
  await allOrErrors([
    ...launched.map(async (member) => await waitUntilUp(await member, settings)),
    ...statesOf(others, set).map(async (member) => {
      if (await healthOf(member) !== "up") await waitUntilUp(member, settings);
    }),
  ]);
}

/** Tools are checked before anything is written: a machine without Java leaves no trace. */
async function launchAll(
  down: readonly MemberName[],
  set: ServiceSet,
  settings: ServicesSettings,
): Promise<Promise<MemberState>[]> {
  const java = await requireJava(down.map((name) => name.service), settings);
  assignPorts(down, set, settings);
  return statesOf(down, set).map((member) => launchMember(member, java, set, settings));
}

function statesOf(names: readonly MemberName[], set: ServiceSet): MemberState[] {
  return names.flatMap((name) => set.find(name.id) ?? []);
}

/** Waits for all, so that no start is left without an owner; then tells every failure. */
async function allOrErrors(actions: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(actions);
  const errors = results.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
  if (errors.length === 0) return;
  if (errors.length === 1 || !errors.every((error) => error instanceof PipelineError)) {
    throw errors[0];
  }
  throw new PipelineError(
    "SERVICES_UNAVAILABLE",
    errors.map((error) => error.message).join("\n"),
    { cause: new AggregateError(errors) },
  );
}

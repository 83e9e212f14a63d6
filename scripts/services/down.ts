import { withFileLock } from "./file_lock.ts";
import { folders, removeIfPresent } from "./folders.ts";
import { stopProcess } from "./process.ts";
import { ServiceSet } from "./service_set.ts";
import type { ServicesSettings } from "./settings.ts";
import { type MemberState, readState, stateFile } from "./state.ts";

/** What became of one member. */
export interface Stopped {
  readonly id: string;
  readonly how: "absent" | "terminated" | "killed";
}

/**
 * Stops what was started in a folder, and nothing else.
 *
 * Only members in the folder's state are touched, each only while its process is still the one
 * that was started.
 *
 * @param wipe Also removes their data, settings and logs; never the downloads.
 * @returns One entry per member that the folder knows.
 */
export async function stopServices(
  settings: ServicesSettings,
  options: { readonly wipe: boolean },
): Promise<readonly Stopped[]> {
  if (readState(settings.dir) === undefined) return [];
  return await withFileLock(folders.lock(settings.dir), () => stopLocked(settings, options.wipe));
}

async function stopLocked(settings: ServicesSettings, wipe: boolean): Promise<Stopped[]> {
  const set = ServiceSet.open(settings.dir, settings.random);
  const members = set.members.filter((member) => settings.services.includes(member.service));
  const stopped = await Promise.all(members.map((member) => stopMember(member, settings)));
  for (const member of members) await settle(member, set, wipe);
  if (set.members.length === 0) await removeIfPresent(stateFile(set.dir));
  return stopped;
}

async function stopMember(member: MemberState, settings: ServicesSettings): Promise<Stopped> {
  const how = member.process ? await stopProcess(member.process, settings.clock) : "absent";
  return { id: member.id, how };
}

/** The process is forgotten, and the ports are free for others; that there is data is not. */
async function settle(member: MemberState, set: ServiceSet, wipe: boolean): Promise<void> {
  const { id, service, log, ports, formerPorts = {} } = member;
  const former = Object.keys(ports).length > 0 ? ports : formerPorts;
  if (!wipe) return set.put({ id, service, log, ports: {}, formerPorts: former });
  await removeIfPresent(folders.data(set.dir, id));
  await removeIfPresent(folders.config(set.dir, id));
  await removeIfPresent(log);
  await removeIfPresent(log.replace(/\.log$/, ".previous.log"));
  set.forget(id);
}

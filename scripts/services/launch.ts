import { exists } from "../lib/exists.ts";
import { dirname, join } from "node:path";
import { PipelineError } from "../../src/base/errors.ts";
import { definitionOf } from "./catalogue.ts";
import type { LaunchPlan, ServiceName } from "./definition.ts";
import { folders, rotateLog } from "./folders.ts";
import { findJava, type Java, requireRelease } from "./java.ts";
import { lastLines } from "./log_tail.ts";
import { ensureJars } from "./maven.ts";
import { spawnDetached } from "./process.ts";
import type { ServiceSet } from "./service_set.ts";
import type { ServicesSettings } from "./settings.ts";
import type { MemberState } from "./state.ts";

/**
 * Finds a Java that runs all these services.
 *
 * @throws {PipelineError} `SERVICES_UNAVAILABLE` if Java is missing or of the wrong release.
 */
export async function requireJava(
  services: readonly ServiceName[],
  settings: ServicesSettings,
): Promise<Java> {
  const java = await findJava(settings.javaHome);
  for (const service of services) requireRelease(definitionOf(service, settings), java);
  return java;
}

/**
 * Starts a member on the local Java; does not wait until it answers.
 *
 * @returns The member as it then is in the set.
 * @throws {PipelineError} `SERVICES_UNAVAILABLE` if its jars or its folder cannot be made ready.
 */
export async function launchMember(
  member: MemberState,
  java: Java,
  set: ServiceSet,
  settings: ServicesSettings,
): Promise<MemberState> {
  const lib = await ensureJars(definitionOf(member.service, settings), settings);
  const plan = planOf(member, lib, set, settings);
  const data = folders.data(set.dir, member.id);
  await prepareFolders(member, plan, data);
  await prepareOnce(member, java, plan, data);
  settings.say(`${member.id}: starting on 127.0.0.1:${member.ports["client"]}`);
  const process = await spawnDetached({
    command: java.command,
    args: plan.args,
    cwd: data,
    log: member.log,
  });
  const started = { ...member, process };
  set.put(started);
  return started;
}

function planOf(
  member: MemberState,
  lib: string,
  set: ServiceSet,
  settings: ServicesSettings,
): LaunchPlan {
  return definitionOf(member.service, settings).plan({
    member,
    peers: set.members.filter((peer) => peer.service === member.service),
    paths: {
      lib,
      config: folders.config(set.dir, member.id),
      data: folders.data(set.dir, member.id),
    },
    heap: settings.heap[member.service],
    clusterId: set.clusterId,
    quickStart: settings.quickStart,
  });
}

async function prepareFolders(member: MemberState, plan: LaunchPlan, data: string): Promise<void> {
  await Deno.mkdir(data, { recursive: true });
  await Deno.mkdir(dirname(member.log), { recursive: true });
  await rotateLog(member.log);
  for (const [file, text] of Object.entries(plan.files)) {
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
}

/** A marker says that the preparation succeeded: an interrupted one is redone. */
async function prepareOnce(
  member: MemberState,
  java: Java,
  plan: LaunchPlan,
  data: string,
): Promise<void> {
  const marker = join(data, "prepared");
  if (!plan.prepare || await exists(marker)) return;
  const command = new Deno.Command(java.command, { args: [...plan.prepare], cwd: data });
  const { success, stdout, stderr } = await command.output();
  await Deno.writeFile(member.log, new Uint8Array([...stdout, ...stderr]));
  if (!success) throw preparationFailed(member);
  await Deno.writeTextFile(marker, "");
}

function preparationFailed(member: MemberState): PipelineError {
  return new PipelineError(
    "SERVICES_UNAVAILABLE",
    `Cannot start ${member.id} as its data folder must be prepared: the preparation failed, ` +
      `the end of ${member.log} is\n${lastLines(member.log, 20)}`,
    { context: { member: member.id } },
  );
}

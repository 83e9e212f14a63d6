import { PipelineError } from "../../src/base/errors.ts";
import { CATALOGUE } from "./catalogue.ts";
import { lastLines } from "./log_tail.ts";
import { probeMember } from "./probe.ts";
import { isRunning, stopProcess } from "./process.ts";
import type { Narrator } from "./progress.ts";
import type { MemberState } from "./state.ts";

const POLL_MS = 250;

/** What a look at a member found. */
export type MemberHealth = "up" | "silent" | "down";

/** Up: answers its protocol. Silent: its process lives, no more. */
export async function healthOf(member: MemberState): Promise<MemberHealth> {
  if (!await isMemberRunning(member)) return "down";
  return await probeMember(member) === undefined ? "up" : "silent";
}

/** True while the process that a member's state names runs. */
export async function isMemberRunning(member: MemberState): Promise<boolean> {
  return member.process !== undefined && await isRunning(member.process);
}

/**
 * Waits until a member answers in its own protocol.
 *
 * @throws {PipelineError} `SERVICES_UNAVAILABLE` with the end of its log, if its process ends or
 * the time that its definition allows has passed; a process that stays silent is stopped.
 */
export async function waitUntilUp(member: MemberState, { clock, say }: Narrator): Promise<void> {
  const { startTimeoutMs } = CATALOGUE[member.service];
  const startMs = clock.monotonicMs();
  for (;;) {
    const problem = await probeMember(member);
    const elapsedMs = clock.monotonicMs() - startMs;
    if (problem === undefined) return say(`${member.id}: up after ${seconds(elapsedMs)}`);
    if (!await isMemberRunning(member)) {
      throw notUp(member, `its process ended after ${seconds(elapsedMs)}`);
    }
    if (elapsedMs > startTimeoutMs) {
      if (member.process) await stopProcess(member.process, clock);
      throw notUp(member, `after ${seconds(elapsedMs)} the last probe says "${problem}"`);
    }
    await clock.sleep(POLL_MS);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function notUp(member: MemberState, state: string): PipelineError {
  return new PipelineError(
    "SERVICES_UNAVAILABLE",
    `Cannot start ${member.id} as it must answer on 127.0.0.1:${member.ports["client"]}: ` +
      `${state}, the end of ${member.log} is\n${lastLines(member.log, 20)}`,
    { context: { member: member.id } },
  );
}

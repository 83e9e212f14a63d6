import { textTable } from "../lib/text_table.ts";
import type { ServiceName } from "./definition.ts";
import { healthOf, type MemberHealth } from "./readiness.ts";
import { type MemberState, readState } from "./state.ts";

/** One line of the status table. */
export interface MemberStatus {
  readonly member: MemberState;
  readonly health: MemberHealth;
}

/** Looks at every member that a folder knows; starts and stops nothing. */
export async function servicesStatus(
  dir: string,
  services: readonly ServiceName[],
): Promise<readonly MemberStatus[]> {
  const members = (readState(dir)?.members ?? []).filter((member) =>
    services.includes(member.service)
  );
  return await Promise.all(
    members.map(async (member) => ({ member, health: await healthOf(member) })),
  );
}

/** True when there is something and all of it answers. */
export function isAllUp(statuses: readonly MemberStatus[]): boolean {
  return statuses.length > 0 && statuses.every((status) => status.health === "up");
}

/** A table for people: service, health, port, process, log. */
export function statusTable(statuses: readonly MemberStatus[]): string {
  const head = ["SERVICE", "HEALTH", "PORT", "PID", "LOG"];
  const rows = statuses.map(({ member, health }) => [
    member.id,
    health,
    String(member.ports["client"] ?? "-"),
    health === "down" ? "-" : String(member.process?.pid ?? "-"),
    member.log,
  ]);
  return `${textTable([head, ...rows]).join("\n")}\n`;
}

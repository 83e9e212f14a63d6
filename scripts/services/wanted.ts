import { PipelineError } from "../../src/base/errors.ts";
import type { Ports } from "./definition.ts";
import { folders } from "./folders.ts";
import { type MemberName, membersOf, portWishes } from "./members.ts";
import { choosePorts, isPortFree, type PortChoice } from "./ports.ts";
import type { KnownSet, ServiceSet } from "./service_set.ts";
import type { ServicesSettings } from "./settings.ts";
import type { MemberState } from "./state.ts";

/**
 * The members that a set is asked to have.
 *
 * @throws {PipelineError} `CONFIG_INVALID` if Kafka's data was written by another number of brokers.
 */
export function wantedMembers(set: KnownSet, settings: ServicesSettings): MemberName[] {
  const known = set.members.filter((member) => member.service === "kafka").length;
  const brokers = settings.kafkaBrokers ?? (known || 1);
  if (settings.services.includes("kafka") && known > 0 && known !== brokers) {
    throw new PipelineError(
      "CONFIG_INVALID",
      `Cannot start ${brokers} Kafka brokers as ${set.dir} must keep its number of brokers: ` +
        `its data is of ${known} (use down --wipe first, or another --dir)`,
    );
  }
  return membersOf(settings.services, brokers);
}

/**
 * Gives ports to members that must be started.
 *
 * A member that crashed keeps its ports: its clients look for it there. One that was stopped gets
 * its former ones where any will do and they are free.
 *
 * @throws {PipelineError} `SERVICES_UNAVAILABLE` naming a port that is busy.
 */
export function assignPorts(
  missing: readonly MemberName[],
  set: ServiceSet,
  settings: ServicesSettings,
): void {
  const choice: PortChoice = {
    auto: settings.autoPorts,
    taken: new Set(set.members.flatMap((member) => Object.values(member.ports))),
    isFree: isPortFree,
    random: settings.random,
  };
  for (const member of missing.map((name) => withPorts(name, set, choice))) set.put(member);
}

/** A member with the ports that it is to have; see `assignPorts`. */
export function withPorts(
  name: MemberName,
  set: Pick<ServiceSet, "dir" | "find">,
  choice: PortChoice,
): MemberState {
  const { ports: present = {}, formerPorts = {} } = set.find(name.id) ?? {};
  for (const port of Object.values(present)) choice.taken.delete(port);
  const isStopped = choice.auto && Object.keys(present).length === 0;
  const remembered = isStopped ? formerPorts : present;
  const ports = Object.keys(remembered).length > 0
    ? keepPorts(name, remembered, choice)
    : choosePorts(portWishes(name), choice);
  return { ...name, ports, log: folders.log(set.dir, name.id) };
}

/** Only where any port will do may one change, and only one that another program has taken. */
function keepPorts(name: MemberName, remembered: Ports, choice: PortChoice): Ports {
  const isFree = (port: number) => !choice.taken.has(port) && choice.isFree(port);
  const wishes = Object.entries(remembered).map(([port, preferred]) => ({
    member: name.id,
    name: port,
    preferred: choice.auto && !isFree(preferred) ? undefined : preferred,
  }));
  return choosePorts(wishes, { ...choice, auto: false });
}

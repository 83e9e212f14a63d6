import { CATALOGUE } from "./catalogue.ts";
import type { ServiceName } from "./definition.ts";
import type { PortWish } from "./ports.ts";

/** A member before it has ports. */
export interface MemberName {
  readonly id: string;
  readonly service: ServiceName;
}

/** The members of a set: one per service, `kafka-1`, `kafka-2`… for the brokers. */
export function membersOf(services: readonly ServiceName[], kafkaBrokers: number): MemberName[] {
  return services.flatMap((service): MemberName[] =>
    service === "kafka" ? brokers(kafkaBrokers) : [{ id: service, service }]
  );
}

function brokers(count: number): MemberName[] {
  return Array.from({ length: count }, (_, i) => ({ id: `kafka-${i + 1}`, service: "kafka" }));
}

/** The ports a member wants; the second broker's default is one above the first one's. */
export function portWishes(member: MemberName): PortWish[] {
  const shift = member.service === "kafka" ? Number(member.id.split("-").at(-1)) - 1 : 0;
  return Object.entries(CATALOGUE[member.service].ports).map(([name, port]) => ({
    member: member.id,
    name,
    preferred: port === undefined ? undefined : port + shift,
  }));
}

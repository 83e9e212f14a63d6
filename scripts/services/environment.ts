import { CASSANDRA_DATACENTER } from "./cassandra.ts";
import type { ServiceName } from "./definition.ts";
import { registryUrl } from "./probe.ts";
import type { MemberState } from "./state.ts";

/** The settings by which the pipeline finds these services. */
export function environmentOf(members: readonly MemberState[]): Record<string, string> {
  return {
    ...kafkaEnvironment(members),
    ...registryEnvironment(members),
    ...cassandraEnvironment(members),
  };
}

/** `NAME=value` lines, for people and for `--save`. */
export function environmentText(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment).map(([name, value]) => `${name}=${value}\n`).join("");
}

/**
 * An environment file with these values set; every other line, a key among them, stays.
 *
 * @param present The file as it is; empty if there is none.
 */
export function mergedEnvironment(
  present: string,
  environment: Readonly<Record<string, string>>,
): string {
  const lines = present.split(/\r?\n/).filter((line) => !(nameOf(line) in environment));
  while (lines.at(-1) === "") lines.pop();
  return lines.map((line) => `${line}\n`).join("") + environmentText(environment);
}

function nameOf(line: string): string {
  return line.split("=", 1)[0]?.replace(/^\s*export\s/, "").trim() ?? "";
}

function kafkaEnvironment(members: readonly MemberState[]): Record<string, string> {
  const brokers = of("kafka", members).map((member) => `127.0.0.1:${member.ports["client"]}`);
  return brokers.length === 0 ? {} : { KAFKA_URL: brokers.join(",") };
}

function registryEnvironment(members: readonly MemberState[]): Record<string, string> {
  const [member] = of("registry", members);
  if (!member) return {};
  return { SCHEMA_REGISTRY_URL: registryUrl(member.ports["client"] ?? 0) };
}

function cassandraEnvironment(members: readonly MemberState[]): Record<string, string> {
  const [member] = of("cassandra", members);
  if (!member) return {};
  return {
    CASSANDRA_HOST: "127.0.0.1",
    CASSANDRA_PORT: String(member.ports["client"]),
    CASSANDRA_DATACENTER,
  };
}

function of(service: ServiceName, members: readonly MemberState[]): MemberState[] {
  return members.filter((member) => member.service === service);
}

import type { Member, ServiceName } from "./definition.ts";
import { probeCassandra } from "./probe_cassandra.ts";
import { probeKafka } from "./probe_kafka.ts";
import { APICURIO_PATH } from "./registry.ts";

/** Milliseconds that one question to a service may take. */
const PROBE_TIMEOUT_MS = 3_000;

/** Where applications find the registry. */
export function registryUrl(port: number): string {
  return `http://127.0.0.1:${port}${APICURIO_PATH}`;
}

/**
 * Asks a service in its own protocol whether it serves clients.
 *
 * @returns What is wrong, or `undefined` when it answers.
 */
export async function probeMember(member: Member): Promise<string | undefined> {
  try {
    await PROBES[member.service](member.ports["client"] ?? 0);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const PROBES: Record<ServiceName, (port: number) => Promise<void>> = {
  kafka: (port) => probeKafka(port, PROBE_TIMEOUT_MS),
  cassandra: (port) => probeCassandra(port, PROBE_TIMEOUT_MS),
  registry: probeRegistry,
};

async function probeRegistry(port: number): Promise<void> {
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  const response = await fetch(`${registryUrl(port)}/subjects`, { signal });
  await response.body?.cancel();
  if (response.status !== 200) throw new Error(`GET /subjects answered ${response.status}`);
}

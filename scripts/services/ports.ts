import { PipelineError } from "../../src/base/errors.ts";
import type { Random } from "../../src/base/random.ts";
import type { Ports } from "./definition.ts";

/** Below the range from which systems take ports of outgoing connections: a port stays ours. */
const AUTO_FIRST = 20_000;
const AUTO_COUNT = 10_000;
const MAX_TRIES = 200;

/** How ports are chosen; the last two are the world, injected for tests. */
export interface PortChoice {
  readonly auto: boolean;
  /** Ports promised to others in the same run; chosen ones are added. */
  readonly taken: Set<number>;
  readonly isFree: (port: number) => boolean;
  readonly random: Random;
}

/** A port that one member wants. */
export interface PortWish {
  readonly member: string;
  readonly name: string;
  /** Without one any free port will do. */
  readonly preferred: number | undefined;
}

/** @throws {PipelineError} `SERVICES_UNAVAILABLE` naming the busy port. */
export function choosePorts(wishes: readonly PortWish[], choice: PortChoice): Ports {
  return Object.fromEntries(wishes.map((wish) => [wish.name, choosePort(wish, choice)]));
}

function choosePort(wish: PortWish, choice: PortChoice): number {
  const port = choice.auto || wish.preferred === undefined
    ? pickFree(choice)
    : requireFree(wish.member, wish.preferred, choice);
  choice.taken.add(port);
  return port;
}

function requireFree(member: string, port: number, choice: PortChoice): number {
  if (!choice.taken.has(port) && choice.isFree(port)) return port;
  throw new PipelineError(
    "SERVICES_UNAVAILABLE",
    `Cannot start ${member} as port ${port} must be free: another program listens on ` +
      `127.0.0.1:${port} (stop it, or use --ports auto)`,
    { context: { member, port } },
  );
}

function pickFree(choice: PortChoice): number {
  for (let i = 0; i < MAX_TRIES; i++) {
    const port = AUTO_FIRST + Math.floor(choice.random.next() * AUTO_COUNT);
    if (!choice.taken.has(port) && choice.isFree(port)) return port;
  }
  throw new PipelineError(
    "SERVICES_UNAVAILABLE",
    `Cannot choose a port as one from ${AUTO_FIRST} on must be free: ${MAX_TRIES} tries were busy`,
  );
}

/** True when a program could listen on the loopback port now. */
export function isPortFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

import { silentLogger } from "../../src/base/logger.ts";
import { seededRandom } from "../../src/base/random.ts";
import { KafkaMembership } from "../../src/kafka/group/membership.ts";
import { settle, SimulatedClock } from "../../src/streams/testing/simulated_clock.ts";
import type { FakeCoordinator } from "./fake_coordinator.ts";

/** A member of a fake coordinator's group, on a clock that a test moves. */
export interface CoordinatedMember {
  readonly membership: KafkaMembership;
  readonly clock: SimulatedClock;
  readonly running: Promise<void>;
  /** What its listener was told. */
  readonly told: string[];
  /** Messages of the log. */
  readonly logged: string[];
  stop(): Promise<void>;
}

/**
 * Starts a member of group `g` that shares topic `t`.
 *
 * @param options.failure What its listener fails with.
 */
export function startMember(
  coordinator: FakeCoordinator,
  { identityFile, failure }: { readonly identityFile?: string; readonly failure?: Error } = {},
): CoordinatedMember {
  const clock = new SimulatedClock();
  const logged: string[] = [];
  const told: string[] = [];
  const write = (message: string) => void logged.push(message);
  const logger = { ...silentLogger, info: write, warn: write };
  const timing = { clock, random: seededRandom(1) };
  const membership = new KafkaMembership(() => coordinator.cluster(), timing, logger, {
    groupId: "g",
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 10_000,
    heartbeatIntervalMs: 500,
    standbyReplicas: 0,
    ...(identityFile === undefined ? {} : { identityFile }),
  });
  const stop = new AbortController();
  const running = membership.run("t", {
    held: () => Promise.resolve(new Map()),
    assigned: ({ active }) => {
      told.push(`assigned ${active.join()}`);
      return failure === undefined ? Promise.resolve() : Promise.reject(failure);
    },
    lost: () => {
      told.push("lost");
      return Promise.resolve();
    },
  }, stop.signal);
  running.catch(() => {});
  return {
    membership,
    clock,
    running,
    told,
    logged,
    stop: async () => {
      stop.abort();
      await settle();
      await running;
    },
  };
}

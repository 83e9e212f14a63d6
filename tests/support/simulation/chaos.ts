import { isAborted } from "../../../src/base/errors.ts";
import type { Offset, TopicPartition } from "../../../src/streams/record.ts";
import type { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import { disasterKinds } from "./disaster.ts";
import { operationFaults } from "./faults.ts";
import type { Member } from "./group.ts";
import type { SimulatedProcess } from "./machine.ts";
import type { World } from "./world.ts";

/** What goes wrong from time to time. */
const acts: readonly (readonly [name: string, act: (world: World) => boolean])[] = [
  ["crash", crashSome],
  ["crash", crashSome],
  ["stop", stopSome],
  ["rebalance", shakeGroup],
  ["rebalance", shakeGroup],
  ["slow hand-over", handOverSlowly],
  ["lost session", loseSession],
  ["lost session", loseSession],
  ["lost sink", loseSink],
  ["lost log", loseLog],
  ["compaction", compactSome],
  ["disaster in mid-chaos", strike],
];

/** Every kind of fault in the world. */
export const faultKinds: readonly string[] = [
  ...operationFaults,
  ...new Set(acts.map(([name]) => name)),
  ...disasterKinds,
  "reset of a cut input",
];

/** Makes things go wrong until it is told to stop. */
export async function runChaos(world: World, signal: AbortSignal): Promise<void> {
  const { chance, clock, scenario } = world;
  while (!signal.aborted) {
    try {
      await clock.sleep(chance.below(2 * scenario.chaosEveryMs), signal);
    } catch (error) {
      if (isAborted(error)) return;
      throw error;
    }
    const [name, act] = chance.pick(acts);
    if (act(world)) world.faults.struck(name);
  }
}

/** Starts what is down and restarts what waits for an operator, sooner or later. */
export async function runOperator(world: World): Promise<never> {
  for (;;) {
    await world.clock.sleep(world.chance.below(3_000));
    for (const machine of world.machines) {
      if (machine.process === undefined) machine.start();
      else if (machine.process.needsOperator) void machine.stop();
    }
  }
}

/** Sends the input, in bursts and with pauses. */
export async function runProducer(world: World): Promise<void> {
  const { chance, clock } = world;
  while (world.inputLeft > 0) {
    const burst = Math.min(world.inputLeft, chance.whole(1, 4));
    for (let i = 0; i < burst; i++) world.produce();
    world.trace(`produced ${burst}`);
    await clock.sleep(chance.oneIn(20) ? chance.below(5_000) : chance.below(300));
  }
}

function crashSome({ chance, machines }: World): boolean {
  const machine = chance.pick(machines);
  const ran = machine.process !== undefined;
  machine.crash(chance.oneIn(3) ? "deleted" : "kept");
  return ran;
}

function stopSome({ chance, machines }: World): boolean {
  const machine = chance.pick(machines);
  void machine.stop();
  return machine.process !== undefined;
}

function shakeGroup({ group }: World): boolean {
  group.shake();
  return true;
}

/** A planned hand-over that outlasts the new owner's patience, as the former one's sink is slow. */
function handOverSlowly({ chance, clock, faults, group, machines }: World): boolean {
  const { process } = chance.pick(machines);
  if (process?.member === undefined) return false;
  faults.slowSink = { program: process.name, untilMs: clock.nowMs() + 5_000 };
  group.handOver(process.member);
  return true;
}

/** The group takes a process for dead, which hears of it only later and works on until then. */
function loseSession(world: World): boolean {
  const { process } = world.chance.pick(world.machines);
  if (process?.member === undefined) return false;
  world.trace(`${process.name} loses its session`);
  world.group.remove(process.member);
  void hearsOfIt(world, process, process.member);
  return true;
}

async function hearsOfIt(world: World, process: SimulatedProcess, member: Member): Promise<void> {
  await world.clock.sleep(world.chance.below(15_000));
  if (!process.alive || process.stopping) return;
  world.trace(`${process.name} hears that it lost its session`);
  await member.lost();
  if (process.alive && !process.stopping) world.group.join(member);
}

function loseSink({ chance, clock, faults }: World): boolean {
  faults.sinkAwayUntilMs = clock.nowMs() + chance.below(5_000);
  return true;
}

function loseLog({ chance, clock, faults }: World): boolean {
  faults.logAwayUntilMs = clock.nowMs() + chance.below(5_000);
  return true;
}

export function strike(world: World): boolean {
  const { disaster } = world;
  if (disaster.struck) return false;
  disaster.strike();
  if (!disaster.struck) return false;
  world.trace(`disaster: ${disaster.kind}`);
  world.faults.struck(disaster.kind);
  return true;
}

/** Takes away what has a newer record, but not of the last commit: it is in the active segment. */
function compactSome({ play: { auditor }, chance, log, scenario }: World): boolean {
  const partition = chance.whole(0, scenario.partitions - 1);
  const place = { topic: "app-totals-changelog", partition };
  const before = chance.below(1);
  auditor.compacted(place);
  log.compact(place, Math.floor(before * (beginOfLastCommit(log, place) + 1)));
  return true;
}

function beginOfLastCommit(log: MemoryLog, place: TopicPartition): Offset {
  const { entries } = log.partition(place);
  const last = entries.findLast(({ transaction }) => transaction?.state === "committed");
  return last === undefined
    ? 0
    : entries.findIndex(({ transaction }) => transaction === last.transaction);
}

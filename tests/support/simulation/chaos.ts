import { isAborted } from "../../../src/base/errors.ts";
import { parseCommitMetadata } from "../../../src/streams/commit/commit_metadata.ts";
import type { Machine } from "./machine.ts";
import type { World } from "./world.ts";

/** What goes wrong from time to time. */
const acts: readonly ((world: World) => void | Promise<void>)[] = [
  crashSome,
  crashSome,
  stopSome,
  shakeGroup,
  shakeGroup,
  handOverSlowly,
  loseSession,
  loseSession,
  loseSink,
  loseLog,
  compactSome,
  strike,
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
    void chance.pick(acts)(world);
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

function crashSome({ chance, machines }: World): void {
  chance.pick(machines).crash(chance.oneIn(3) ? "deleted" : "kept");
}

function stopSome({ chance, machines }: World): void {
  void chance.pick(machines).stop();
}

function shakeGroup({ group }: World): void {
  group.shake();
}

/** A planned hand-over that outlasts the new owner's patience, as the former one's sink is slow. */
function handOverSlowly({ chance, clock, faults, group, machines }: World): void {
  const { process } = chance.pick(machines);
  if (process?.member === undefined) return;
  faults.slowSink = { program: process.name, untilMs: clock.nowMs() + 5_000 };
  group.handOver(process.member);
}

/** The group takes a process for dead, which hears of it only later and works on until then. */
async function loseSession(world: World): Promise<void> {
  const machine: Machine = world.chance.pick(world.machines);
  const { process } = machine;
  const member = process?.member;
  if (process === undefined || member === undefined) return;
  world.trace(`${process.name} loses its session`);
  world.group.remove(member);
  await world.clock.sleep(world.chance.below(15_000));
  if (!process.alive || process.stopping) return;
  world.trace(`${process.name} hears that it lost its session`);
  await member.lost();
  if (process.alive && !process.stopping) world.group.join(member);
}

function loseSink({ chance, clock, faults }: World): void {
  faults.sinkAwayUntilMs = clock.nowMs() + chance.below(5_000);
}

function loseLog({ chance, clock, faults }: World): void {
  faults.logAwayUntilMs = clock.nowMs() + chance.below(5_000);
}

export function strike(world: World): void {
  if (world.disaster.struck) return;
  world.disaster.strike();
  if (world.disaster.struck) world.trace(`disaster: ${world.disaster.kind}`);
}

/** Takes away what has a newer record, but not of the last commit: it is in the active segment. */
async function compactSome({ auditor, chance, log, scenario }: World): Promise<void> {
  const partition = chance.whole(0, scenario.partitions - 1);
  const place = { topic: "app-totals-changelog", partition };
  const before = chance.below(1);
  const committed = await log.commitLogOf("app").committed({ topic: "input", partition });
  auditor.compacted(place);
  const { shownTo = 0 } = parseCommitMetadata(committed?.metadata ?? "") ?? {};
  log.compact(place, Math.floor(before * (shownTo + 1)));
}

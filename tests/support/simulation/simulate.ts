import { runChaos, runOperator, runProducer, strike } from "./chaos.ts";
import { resetState } from "./reset.ts";
import type { Surroundings } from "./surroundings.ts";
import { World, type WorldKind } from "./world.ts";

/** Simulated time in which the world must get everything done once it has calmed down, ms. */
const patienceMs = 300_000;

/** Events after which a run is taken for endless. */
const eventsMax = 100_000;

/** What became of a seed. */
export interface Outcome {
  readonly seed: number;
  readonly kind: WorldKind;
  /** Equal for equal runs, event by event. */
  readonly hash: string;
  readonly events: number;
  /** The first broken promise; begins with its name, such as `G1`. */
  readonly violation: string | undefined;
  readonly scenario: string;
  /** How often each of `faultKinds` struck; none for those that did not. */
  readonly strikes: ReadonlyMap<string, number>;
  /** The last events. */
  readonly tail: readonly string[];
}

/** What a seed is tried with. */
export interface SimulationOptions {
  readonly kind?: WorldKind;
  readonly loggerOf?: Surroundings["loggerOf"];
}

/**
 * Runs the counting job, or a drawn one, on several machines through everything that a seed throws at it, then
 * lets the world calm down and looks at the results. All waiting is simulated: the same seed makes
 * the same run, in milliseconds.
 *
 * @param options.loggerOf Where each process reports; nowhere by default.
 */
export async function simulate(
  seed: number,
  { kind = "counting", loggerOf }: SimulationOptions = {},
): Promise<Outcome> {
  const world = new World(seed, kind, loggerOf);
  for (const machine of world.machines) machine.start();
  void world.group.run();
  void runOperator(world);
  await runInput(world);
  if (world.scenario.reset && world.play.auditor.violation === undefined) {
    await resetState(world);
    world.faults.on = true;
    await runInput(world);
  }
  strike(world);
  await untilDone(world);
  const { violation } = world.play.auditor;
  return {
    seed,
    kind,
    hash: world.events.hash,
    events: world.events.events,
    violation: violation?.message,
    scenario: world.play.description,
    strikes: world.faults.strikes,
    tail: world.events.tail,
  };
}

/** Sends input while things go wrong, then lets the world calm down. */
async function runInput(world: World): Promise<void> {
  const calm = new AbortController();
  void runChaos(world, calm.signal);
  let produced = false;
  void runProducer(world).then(() => produced = true);
  await until(world, () => produced);
  world.trace("the world calms down");
  calm.abort();
  world.faults.on = false;
}

async function untilDone(world: World): Promise<void> {
  const deadlineMs = world.clock.nowMs() + patienceMs;
  await until(world, () => isDone(world) || world.clock.nowMs() > deadlineMs);
  if (!isDone(world)) {
    const tasks = world.processes.map(({ name, tasks: own, member }) => [
      name,
      [...member?.believed ?? []],
      own.map(({ partition, state, committedOffset, problem }) =>
        `${partition} ${state} ${committedOffset} ${problem}`
      ),
    ]);
    world.play.auditor.stuck(JSON.stringify(tasks));
  }
  if (!world.disaster.struck) world.play.auditor.ended(world.table.rows);
}

/** Everything is processed, or everybody has said why not. */
function isDone(world: World): boolean {
  const { disaster, processes, machines } = world;
  if (!disaster.struck) return caughtUp(world);
  if (disaster.kind !== "tail lost") {
    return machines.length === processes.length && processes.every(({ refused }) => refused);
  }
  const cut = processes.flatMap(({ tasks }) => tasks)
    .filter(({ partition }) => disaster.severs(partition));
  return caughtUp(world) && cut.length > 0 && cut.every(({ state }) => state === "failed");
}

/** Lets time pass until something holds or a promise is broken. */
async function until(world: World, holds: () => boolean): Promise<void> {
  while (!holds() && world.play.auditor.violation === undefined) {
    if (world.events.events > eventsMax) world.play.auditor.stuck("endless events");
    if (!await world.clock.step()) world.play.auditor.stuck("no one waits for anything");
  }
}

function caughtUp({ log, scenario, processes, disaster, play }: World): boolean {
  const running = processes.flatMap(({ tasks }) => tasks)
    .filter(({ state }) => state === "running");
  for (let partition = 0; partition < scenario.partitions; partition++) {
    if (disaster.severs(partition)) continue;
    const place = { topic: "input", partition };
    if (play.order?.isThrough(partition) === false) return false;
    const end = log.stableEnd(place);
    if ((log.committedOffset("app", place) ?? 0) < end) return false;
    const here = running.filter((task) => task.partition === partition);
    // The log knows of a commit before its results are shown, and a former owner of none since its own.
    const isThrough = here.every(({ committedOffset, lagRecords, resultsUnderWay }) =>
      committedOffset === end && lagRecords === 0 && !resultsUnderWay
    );
    if (here.length === 0 || !isThrough) return false;
  }
  return true;
}

/** A failed run, for people: what broke, what led to it, and how to see it again. */
export function describeOutcome({ seed, kind, scenario, tail, violation }: Outcome): string {
  return [
    ...tail,
    "",
    `seed ${seed}: ${violation}`,
    scenario,
    `again: deno task dev hunt ${again(seed, kind)}`,
  ]
    .join("\n");
}

function again(seed: number, kind: WorldKind): string {
  return `--kind ${kind} --from ${seed} --seeds 1`;
}

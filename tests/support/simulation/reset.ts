import { beginGeneration, generationStart } from "../../../src/streams/commit/new_generation.ts";
import { wholeFromOfAll } from "../../../src/streams/state/cut_input.ts";
import { jsonEngineCodecs } from "../../../src/streams/state/json_engine_codecs.ts";
import type { Generation } from "./generation.ts";
import type { World } from "./world.ts";

const changelog = "app-totals-changelog";

/** Retention cuts the input, every process dies, and an operator resets the state. */
export async function resetState(world: World): Promise<void> {
  const { chance, log, machines, scenario: { partitions } } = world;
  const codecs = jsonEngineCodecs;
  const { signal } = new AbortController();
  for (const machine of machines) machine.crash(chance.oneIn(2) ? "deleted" : "kept");
  const places = Array.from({ length: partitions }, (_, partition) => ({
    input: { topic: "input", partition },
    changelog: { topic: changelog, partition },
    repartition: undefined,
  }));
  for (const { input } of places) {
    const { endOffset } = await log.bounds(input);
    if (chance.oneIn(4)) continue;
    log.truncate(input, chance.oneIn(4) ? endOffset : chance.whole(0, endOffset));
    world.faults.struck("reset of a cut input");
  }
  const inputs = places.map(({ input }) => input);
  const wholeFromsMs = await wholeFromOfAll(
    log,
    inputs,
    world.play.topologyBy(world.play.drawRules(), "reset", { write: () => Promise.resolve() }),
  );
  const starts = [];
  for (const place of places) {
    const nowMs = Math.floor(world.clock.nowMs());
    starts.push(await generationStart({ log, codecs }, place.changelog, nowMs, signal));
  }
  log.createTopic(changelog, partitions);
  const generations: Generation[] = [];
  for (const [partition, place] of places.entries()) {
    const [start = { startMs: 0, changes: 1 }, wholeFromMs = null] = [
      starts[partition],
      wholeFromsMs[partition],
    ];
    const commitLog = log.commitLogOf("app");
    const meta = await beginGeneration({ log, commitLog, codecs }, place, {
      ...start,
      wholeFromMs,
    });
    generations.push({ ...meta, changes: start.changes });
  }
  world.begin(generations);
  for (const machine of machines) machine.start();
  world.trace(`the state is reset: ${JSON.stringify(generations)}`);
}

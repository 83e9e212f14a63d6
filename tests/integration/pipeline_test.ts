/**
 * The whole way on real services: feed, produce and process as processes of their own, with the
 * permissions of their tasks, and the results compared with an independent recomputation.
 */
import assert from "node:assert/strict";
import { Pipeline } from "../support/pipeline.ts";
import { recompute } from "../support/recompute.ts";
import { writeRecording } from "../support/recordings.ts";
import { realServices } from "../support/services.ts";

/** Enough for several commits per task before and between the kills. */
const frames = 12_000;
const catchUpMsMax = 180_000;

Deno.test.each([
  { kills: 0, state: "kept" },
  { kills: 2, state: "kept" },
  { kills: 2, state: "deleted" },
])(
  "produce and process give every window after $kills kills with the state $state",
  async ({ kills, state }) => {
    const folder = await Deno.makeTempDir({ prefix: "pipeline-" });
    await using services = await realServices({ kafka: true, registry: true, cassandra: true });
    const recording = await writeRecording(`${folder}/frames.jsonl`, { frames, seed: 42 });
    await using pipeline = new Pipeline({
      services: services.environment,
      name: `${crypto.randomUUID().slice(0, 8)}`,
      stateDir: `${folder}/state`,
      frames: recording.path,
      symbols: recording.symbols,
    });
    await pipeline.provision();
    pipeline.startProcess();
    await pipeline.produce();
    for (let kill = 1; kill <= kills; kill++) {
      await pipeline.committed(recording.trades * kill / (kills + 2), catchUpMsMax);
      await pipeline.process?.kill();
      if (state === "deleted") await Deno.remove(`${folder}/state`, { recursive: true });
      pipeline.startProcess();
    }
    assert.equal(await pipeline.committed(recording.trades, catchUpMsMax), recording.trades);
    assert.equal(await pipeline.process?.stop(), 0);
    const { equal, report } = await recompute([
      ...["--frames", recording.path, "--grace-ms", "60000", "--keyspace", pipeline.keyspace],
      ...["--cassandra", `${services.cassandraHost}:${services.cassandraPort}`],
    ]);
    assert.ok(equal, report);
    await Deno.remove(folder, { recursive: true });
  },
);

/** What stands beside a committed position: of this job, of another program, or of no one. */
import assert from "node:assert/strict";
import { PipelineError } from "../../src/base/errors.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import type { CommitPlace } from "../../src/streams/commit/commit.ts";
import type { CommittedOffset } from "../../src/streams/ports.ts";
import { jsonEngineCodecs } from "../../src/streams/state/json_engine_codecs.ts";
import { lineageTopics, presentLineage } from "../../src/streams/state/lineage.ts";
import { TaskSession } from "../../src/streams/task/task_session.ts";
import { SimulatedClock } from "../../src/streams/testing/mod.ts";
import { worldWithPast } from "../support/counting_past.ts";
import { countingTopology } from "../support/counting_topology.ts";
import { everyInputIsSurvived, mutatedJson, mutatedText } from "../support/fuzz.ts";

const input = { topic: "input", partition: 0 };
const changelog = { topic: "app-totals-changelog", partition: 0 };
const topics = { input, changelog, repartition: undefined };
const world = await worldWithPast();
const commitLog = world.log.commitLogOf("app");
const place: CommitPlace = {
  ...topics,
  lineage: await presentLineage(world.log, lineageTopics(topics)),
};
/** As of a job with a second input. */
const others = [{ topic: "other", topicId: "o", partitions: 1 }];
const committed = await commitLog.committed(input) as CommittedOffset;

/** Why a task may be refused by what a commit says: it says what to do, and stays where it is. */
const refusals = ["TOPIC_REPLACED", "PARTITIONS_CHANGED", "CHANGELOG_TRUNCATED"];

everyInputIsSurvived<string>({
  name: "metadata of a commit",
  together: 1_000,
  draw: drawMetadata,
  async take(inputs) {
    for (const metadata of inputs) {
      const refusal = await opened(metadata).catch((error) => error);
      if (refusal !== undefined) {
        assert.ok(refusal instanceof PipelineError && refusals.includes(refusal.code), refusal);
      }
      assert.equal(await opened(committed.metadata), undefined);
    }
  },
  show: (metadata) => metadata,
});

/** Changed as text, or in what it says. */
function drawMetadata(random: Random): string {
  if (random.next() < 0.5) return mutatedText(committed.metadata, random);
  const said = JSON.parse(committed.metadata);
  return JSON.stringify(mutatedJson({ ...said, lineage: { ...said.lineage, others } }, random));
}

/** Opens a task at the position, with this beside it; throws where it is refused. */
async function opened(metadata: string): Promise<undefined> {
  world.log.commitOffset("app", input, { offset: committed.offset, metadata });
  const signal = AbortSignal.timeout(10_000);
  await using session = await TaskSession.open(
    {
      log: world.log,
      commitLog,
      stores: world.stores,
      sink: world.sink,
      codecs: jsonEngineCodecs,
      clock: new SimulatedClock(),
      random: seededRandom(1),
      logger: silentLogger,
    },
    countingTopology(),
    place,
    { onState() {}, onRestore() {}, onProblem() {}, onArrival() {}, onEnd() {} },
    signal,
  );
  await session.begin(signal);
}

import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { writeCommitMetadata } from "../../../src/streams/commit/commit_metadata.ts";
import type { CommitLog, RecordLog, StateStore } from "../../../src/streams/ports.ts";
import { StandbyTask } from "../../../src/streams/task/standby_task.ts";
import { MemoryLog, MemoryStores, SimulatedClock } from "../../../src/streams/testing/mod.ts";
import { settle } from "../../../src/streams/testing/simulated_clock.ts";
import { encodeText } from "../../../src/streams/text.ts";

const input = { topic: "input", partition: 0 };
const changelog = { topic: "changelog", partition: 0 };

/** A changelog with so many records, and a store of a partition that has read some of them. */
async function worldOf(
  { records, read = 0 }: { readonly records: number; readonly read?: number },
) {
  const log = new MemoryLog();
  log.createTopic(changelog.topic, 1);
  log.createTopic(input.topic, 1);
  log.readRecordsMax = 20_000;
  const value = encodeText("v");
  await log.append(
    Array.from({ length: records }, (_, at) => ({
      ...changelog,
      timestampMs: 0,
      key: encodeText(`${at}`),
      value,
    })),
  );
  const { id: changelogId } = await log.describe(changelog.topic);
  const stores = new MemoryStores();
  await using store = await stores.open(input, changelogId);
  await store.apply([], { changelogPosition: read });
  return { log, stores, changelogId };
}

const neverAnswers: Pick<CommitLog, "committed"> = { committed: () => new Promise(() => {}) };

/** A standby in such a world, or with other ports in its place. */
function standbyIn(
  { log, stores, changelogId }: Awaited<ReturnType<typeof worldOf>>,
  ports: {
    readonly log?: RecordLog;
    readonly open?: () => Promise<StateStore>;
    readonly committed?: CommitLog["committed"];
  } = {},
) {
  const clock = new SimulatedClock();
  const turns: string[] = [];
  const standby = new StandbyTask(
    {
      clock,
      log: ports.log ?? log,
      commitLog: { ...log.commitLogOf("app"), ...neverAnswers, ...ports },
      stores: {
        open: ports.open ?? ((...args) => stores.open(...args)),
        destroy: (place) => stores.destroy(place),
        partitions: (topic) => stores.partitions(topic),
      },
      random: seededRandom(1),
      logger: silentLogger,
    },
    { input, changelog, lineage: { changelogId } },
    (failure) => turns.push(failure === undefined ? "current" : "failed"),
  );
  standby.start();
  return { standby, clock, turns };
}

Deno.test.each([{ read: 0 }, { read: 4 }, { read: 5 }])(
  "StandbyTask follows a changelog of which $read of 5 records are here, whatever the group answers",
  async ({ read }) => {
    const { standby, turns } = standbyIn(await worldOf({ records: 5, read }));
    await settle();
    assert.deepEqual(standby.held, { position: 5, current: true });
    assert.deepEqual(turns, ["current"]);
    await standby.close();
  },
);

Deno.test("StandbyTask begins again with a store that is ahead of a changelog which is whole", async () => {
  const lineage = { topic: "t", topicId: "t", partitions: 1, changelogId: "c", repartitionId: "" };
  const commit = { shownTo: 0, id: "x", leaderEpoch: undefined, lineage, closed: false };
  const metadata = writeCommitMetadata({ ...commit, changelogPosition: 5 });
  const { standby, clock, turns } = standbyIn(await worldOf({ records: 5, read: 6 }), {
    committed: () => Promise.resolve({ offset: 0, metadata }),
  });
  await clock.advance(1_000);
  assert.deepEqual(standby.held, { position: 5, current: true });
  assert.deepEqual(turns, ["failed", "current"]);
  await standby.close();
});

Deno.test("StandbyTask is current as long as little is missing, and it does not fail", async () => {
  const { log, ...world } = await worldOf({ records: 10_002 });
  log.readRecordsMax = 1;
  const gates: PromiseWithResolvers<void>[] = [];
  const { standby, clock, turns } = standbyIn({ log, ...world }, {
    log: {
      describe: (topic) => log.describe(topic),
      bounds: (place) => log.bounds(place),
      open(place, from) {
        const reader = log.open(place, from);
        return {
          async next(signal) {
            const gate = Promise.withResolvers<void>();
            gates.push(gate);
            await gate.promise;
            return await reader.next(signal);
          },
          [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
        };
      },
    },
  });
  const found: unknown[] = [];
  for (let read = 0; read <= 3; read++) {
    await settle();
    found.push(standby.held?.current);
    gates.at(-1)?.resolve();
  }
  assert.deepEqual(found, [false, false, true, true]);
  await settle();
  gates.at(-1)?.reject(new PipelineError("LOG_UNAVAILABLE", "Cannot read"));
  await settle();
  assert.deepEqual([standby.held, standby.status.state], [
    { position: 4, current: false },
    "failed",
  ]);
  await clock.advance(1_000);
  assert.ok(standby.held?.current);
  assert.equal(standby.status.state, "following");
  assert.deepEqual(turns, ["current", "failed", "current"]);
  const closed = standby.close();
  gates.at(-1)?.resolve();
  await closed;
});

Deno.test("StandbyTask says that it has what its store has, not what it has read", async () => {
  const { stores, ...world } = await worldOf({ records: 5 });
  const gate = Promise.withResolvers<void>();
  const { standby } = standbyIn({ stores, ...world }, {
    async open() {
      const store = await stores.open(input, world.changelogId);
      return {
        get checkpoint() {
          return store.checkpoint;
        },
        get: (key) => store.get(key),
        view: () => store.view(),
        getMany: (keys) => store.getMany(keys),
        scan: (range) => store.scan(range),
        async apply(entries, checkpoint) {
          await gate.promise;
          await store.apply(entries, checkpoint);
        },
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      };
    },
  });
  await standby.opened;
  assert.equal(standby.held?.position, 0, "known when it is opened");
  await settle();
  assert.equal(standby.held?.position, 0);
  gate.resolve();
  await settle();
  assert.equal(standby.held?.position, 5);
  await standby.close();
});

Deno.test.each(["ABORTED", "STORE_UNAVAILABLE"] as const)(
  "StandbyTask.opened resolves where its store cannot be opened: %s",
  async (code) => {
    const open = () => Promise.reject(new PipelineError(code, "Cannot open"));
    const { standby } = standbyIn(await worldOf({ records: 5 }), { open });
    await standby.opened;
    assert.equal(standby.held, undefined);
    await standby.close();
  },
);

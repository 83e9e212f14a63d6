import assert from "node:assert/strict";
import { type ErrorCode, PipelineError } from "../../../src/base/errors.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { metaAlone } from "../../../src/streams/commit/changes.ts";
import { Committer } from "../../../src/streams/commit/commit.ts";
import { writeRows } from "../../../src/streams/commit/write_rows.ts";
import type { FencedWriter, Transaction } from "../../../src/streams/ports.ts";
import { firstMeta } from "../../../src/streams/state/state.ts";
import { jsonEngineCodecs } from "../../../src/streams/state/json_engine_codecs.ts";
import { MemoryStores } from "../../../src/streams/testing/memory_stores.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";

const input = { topic: "input", partition: 0 };
const changelog = { topic: "changelog", partition: 0 };
const lineage = {
  topic: "input",
  topicId: "i",
  partitions: 1,
  changelogId: "c",
  repartitionId: "",
};

/**
 * A committer of rows that are texts, and what it did.
 *
 * @param failures How many commits fail first.
 * @param code What they fail with; after `COMMIT_UNKNOWN`, they have happened.
 */
async function newCommitter(failures = 0, code: ErrorCode = "LOG_UNAVAILABLE") {
  const done: string[] = [];
  const clock = new SimulatedClock();
  const startMs = clock.monotonicMs();
  const transactions: Transaction[] = [];
  let failuresLeft = failures;
  const newWriter = (): FencedWriter => ({
    spent: false,
    commit: (transaction) => {
      transactions.push(transaction);
      done.push("commit");
      if (failuresLeft-- <= 0) return Promise.resolve(7);
      return Promise.reject(new PipelineError(code, "not now"));
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.resolve();
      done.push("disposed");
    },
  });
  const committer = new Committer<string>(
    {
      sink: { write: (rows) => Promise.resolve(void done.push(...rows)) },
      commitLog: {
        fence: () => {
          done.push(`fence at ${clock.monotonicMs() > startMs ? "a later time" : "once"}`);
          return Promise.resolve(newWriter());
        },
        committed: () => {
          const [last] = code === "COMMIT_UNKNOWN" ? transactions : [];
          return Promise.resolve(last && { offset: 0, metadata: last.metadata(9) });
        },
        positions: () => Promise.resolve([]),
      },
      store: await new MemoryStores().open(input, "c"),
      clock,
      random: { next: () => 0.5 },
      onProductionError: () => "stop",
    },
    { input, changelog, lineage, repartition: undefined },
    newWriter(),
    undefined,
    () => done.push("problem"),
  );
  return { committer, done, clock, transactions };
}

const changes = metaAlone(firstMeta(lineage, 0, undefined), jsonEngineCodecs);

Deno.test("Committer begins nothing when its task is to end", async () => {
  const { committer, done } = await newCommitter();
  const signal = AbortSignal.abort();
  await assert.rejects(committer.commit(changes, { signal, last: false }), { code: "ABORTED" });
  await assert.rejects(committer.show(["row"], signal), { code: "ABORTED" });
  assert.deepEqual(done, []);
});

Deno.test("Committer is disposed of when its writer is, which is disposed of once", async () => {
  const { committer, done } = await newCommitter();
  await committer.commit(changes, { signal: new AbortController().signal, last: true });
  await committer[Symbol.asyncDispose]();
  await committer[Symbol.asyncDispose]();
  assert.deepEqual(done, ["commit", "disposed"]);
});

Deno.test("Committer reports a failed try, ends its writer, and fences again after a while", async () => {
  const { committer, done, clock } = await newCommitter(1);
  const work = committer.commit(changes, { signal: new AbortController().signal, last: false });
  await clock.advance(0);
  assert.deepEqual(done, ["commit", "problem", "disposed"]);
  await clock.advance(5_000);
  await work;
  assert.deepEqual(done.slice(3), ["fence at a later time", "commit"]);
});

Deno.test("Committer finds a commit of unknown outcome again that has happened", async () => {
  const { committer, done, clock } = await newCommitter(1, "COMMIT_UNKNOWN");
  const work = committer.commit(changes, { signal: new AbortController().signal, last: false });
  await clock.advance(5_000);
  assert.deepEqual(await work, { changelogPosition: 9 });
  assert.equal(done.filter((step) => step === "commit").length, 1);
});

Deno.test("Committer commits no position of a repartition topic that the job has not", async () => {
  const { committer, transactions } = await newCommitter();
  await committer.commit(changes, { signal: new AbortController().signal, last: false });
  assert.equal(transactions[0]?.rekeyed, undefined);
});

/** What becomes of one row that a sink refuses with an error. */
async function refused(error: PipelineError): Promise<string[]> {
  const seen: string[] = [];
  await writeRows(["row"], {
    sink: { write: () => Promise.reject(error) },
    policy: { baseMs: 1, maxMs: 1 },
    clock: new SimulatedClock(),
    random: systemRandom,
    signal: new AbortController().signal,
    onProductionError: (_, row) => {
      seen.push(`asked about ${row}`);
      return "leave-out";
    },
    onProblem: (error) => seen.push((error as Error).message),
  });
  return seen;
}

Deno.test("writeRows() asks about a row that the sink rejects, and reports that it is left out", async () => {
  const rejected = new PipelineError("SINK_REJECTED", "too large");
  assert.deepEqual(await refused(rejected), ["asked about row", "too large"]);
});

Deno.test("writeRows() does not ask about a row where something else is wrong", async () => {
  await assert.rejects(refused(new PipelineError("CONFIG_INVALID", "a bad name")), /a bad name/);
});

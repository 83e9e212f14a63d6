/** Jobs that run beside each other in one process. */
import assert from "node:assert/strict";
import {
  type AnyJob,
  job,
  PipelineError,
  run,
  type Runtime,
  type Sink,
  stream,
  text,
} from "../../../src/streams/mod.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import { MemoryStores } from "../../../src/streams/testing/memory_stores.ts";
import { RecordingSink } from "../../../src/streams/testing/recording_sink.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { jobTopics } from "../../../src/streams/topology/job_topics.ts";
import { TestMembership } from "../../support/counting_run.ts";

/** A runtime in memory, where each job has the one partition of its input. */
class MemoryRuntime implements Runtime {
  readonly stop = new AbortController();
  readonly stopped = this.stop.signal;
  readonly clock = systemClock;
  readonly random = seededRandom(1);
  readonly logger = silentLogger;
  readonly log = new MemoryLog();
  readonly #missing: string | undefined;

  /** @param missing A topic that it does not make. */
  constructor(missing?: string) {
    this.#missing = missing;
  }

  open(jobs: readonly AnyJob[]): ReturnType<Runtime["open"]> {
    const names = new Set(jobs.flatMap((job) => jobTopics(job.name, job).map(({ name }) => name)));
    for (const name of names) if (name !== this.#missing) this.log.createTopic(name, 1);
    return Promise.resolve(jobs.map(({ name }) => ({
      ports: { log: this.log, commitLog: this.log.commitLogOf(name), stores: new MemoryStores() },
      membership: new TestMembership([0]),
    })));
  }

  async say(topic: string, value: string): Promise<void> {
    const [key, timestampMs] = [encodeText("k"), this.clock.nowMs()];
    await this.log.append([{ topic, key, value: encodeText(value), timestampMs }]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Copies a topic; throws on `bad`. */
function copying(name: string): AnyJob {
  const lines = stream(`${name}-in`, text()).map((line) => {
    if (line === "bad") throw new Error("a bad line");
    return line;
  });
  return job(name).to(`${name}-out`, lines) as unknown as AnyJob;
}

const jobs = [copying("a"), copying("b")];

/** Runs both jobs until each has copied a line; the signal that ends them. */
async function runBoth(runtime: MemoryRuntime): Promise<{ readonly running: Promise<void> }> {
  const started = Promise.withResolvers<void>();
  const copied = Promise.withResolvers<void>();
  const left = new Set(["a", "b"]);
  const running = run(jobs, runtime, {
    commitInterval: 1,
    onStart: (apps) => {
      assert.equal(apps.length, 2);
      apps.forEach((app, index) =>
        app.listen({
          opened() {},
          fetched() {},
          committed() {
            left.delete(index === 0 ? "a" : "b");
            if (left.size === 0) copied.resolve();
          },
          failed() {},
          closed() {},
        })
      );
      started.resolve();
    },
  });
  await started.promise;
  for (const name of ["a", "b"]) await runtime.say(`${name}-in`, "good");
  await copied.promise;
  return { running };
}

Deno.test("run() runs every job until it is stopped", async () => {
  const runtime = new MemoryRuntime();
  const { running } = await runBoth(runtime);
  runtime.stop.abort();
  await running;
  for (const { name } of jobs) assert.equal(runtime.log.visible(`${name}-out`).length, 1);
});

Deno.test("run() ends every job when a task of one stops permanently, and says why", async () => {
  const runtime = new MemoryRuntime();
  const { running } = await runBoth(runtime);
  await runtime.say("a-in", "bad");
  await assert.rejects(running, { code: "RECORD_REFUSED" });
});

Deno.test("run() continues where a task is to be tried again", async () => {
  const runtime = new MemoryRuntime();
  const { open } = runtime.log;
  let failures = 0;
  runtime.log.open = (...args) => {
    if (failures++ === 0) throw new PipelineError("LOG_UNAVAILABLE", "no answer");
    return open.apply(runtime.log, args);
  };
  const { running } = await runBoth(runtime);
  assert.ok(failures > 1);
  runtime.stop.abort();
  await running;
});

Deno.test("run() ends every job when one cannot start", async () => {
  const runtime = new MemoryRuntime("b-in-late");
  await assert.rejects(run(jobs, runtime), { code: "TOPIC_UNSUITABLE" });
});

const counts = stream("lines", text()).groupByKey().count("counts");

Deno.test.each([
  { names: "a job twice", of: [jobs[0], jobs[0]], why: /two jobs are called a/ },
  { names: "a topic's part wrongly", of: [copying("a b")], why: /a job's name is part/ },
  { names: "no sink for rows", of: [job("c").write(counts)], why: /c has rows and is given no/ },
  {
    names: "no sink for rows of events",
    of: [job("c").to("counts", counts).writeEvents(String)],
    why: /c has rows and is given no sink/,
  },
])("run() refuses what $names names", async ({ of, why }) => {
  await assert.rejects(run(of as unknown as AnyJob[], new MemoryRuntime()), why);
});

Deno.test("run() takes a job whose rows have a sink", async () => {
  const sink: Sink<number> = new RecordingSink<number>();
  const runtime = new MemoryRuntime();
  runtime.stop.abort();
  await run([job("c").write(counts, sink) as unknown as AnyJob], runtime);
});

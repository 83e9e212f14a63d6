/** The disk of one instance's state is full, on a small one of its own: Linux, as root. */
import assert from "node:assert/strict";
import { createCountingTopics } from "../support/counting_topics.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import { feedKafkaJob, type KafkaRun, startKafkaJob } from "../support/kafka_job.ts";
import { until } from "../support/until.ts";

const ignore = kafkaBrokers().length === 0 || Deno.build.os !== "linux" || Deno.uid() !== 0;

/** A folder on a disk that has this much room. */
async function smallDisk(size: string): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await Deno.makeTempDir({ prefix: "small-disk-" });
  await run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder);
  return {
    folder,
    async [Symbol.asyncDispose]() {
      await run("umount", "--lazy", folder); // a store that is closing may have a file open yet
      await Deno.remove(folder);
    },
  };
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** Leaves no room on a disk. */
async function fill(folder: string): Promise<void> {
  using file = await Deno.open(`${folder}/filler`, { write: true, create: true });
  const block = new Uint8Array(4_096);
  try {
    for (;;) await file.write(block);
  } catch (error) {
    assert.match(String(error), /No space left on device/);
  }
}

const waits = (what: string, condition: () => boolean) => until(condition, { what, msMax: 60_000 });

// It kept its partition: the lag grew while another instance had the state at hand.
Deno.test({
  name: "an instance whose disk is full gives its partition up to a standby",
  ignore,
  async fn() {
    await using kafka = connectTestKafka();
    await using disk = await smallDisk("8m");
    const otherFolder = await Deno.makeTempDir();
    const topics = await createCountingTopics(kafka, 1);
    const instance = (folder: string): Promise<KafkaRun> => {
      const membership = kafka.membership(topics.application, { standbyReplicas: 1 });
      return startKafkaJob({ kafka, folder, ...topics, membership });
    };
    const job = { kafka, folder: disk.folder, ...topics };
    {
      await using first = await instance(disk.folder);
      await feedKafkaJob(job, 5, 20);
      await first.caughtUp();
      await using second = await instance(otherFolder);
      await waits("a standby", () => second.stands());
      assert.ok(first.works() && !second.works());
      await fill(disk.folder);
      await feedKafkaJob(job, 6, 200);
      await waits("the other instance to take over", () => second.works() && !first.works());
      await second.caughtUp();
      const before = new Set(first.rows.map((row) => JSON.stringify(row)));
      assert.ok(second.rows.some((row) => !before.has(JSON.stringify(row))));
    }
    await Deno.remove(otherFolder, { recursive: true });
  },
});

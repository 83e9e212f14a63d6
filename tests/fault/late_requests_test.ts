/** Requests that arrive late, twice, in another order or not at all, on a real broker. */
import assert from "node:assert/strict";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import { deadLetterTopic, lateTopic } from "../../src/streams/side_output.ts";
import { uniqueName } from "../contract/log_harness.ts";
import { countingChangelog } from "../support/counting_topics.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import {
  runSchedule,
  type SchedulePlace,
  type TransactionKind,
} from "../support/late_requests/schedule.ts";
import { say } from "../support/say.ts";

const ignore = kafkaBrokers().length === 0;

/** Schedules of each kind: `SCHEDULES=500` runs 1,000. */
const schedules = Number(variable("SCHEDULES") ?? 25);
const firstSeed = Number(variable("SCHEDULES_FROM") ?? 1);

/** Schedules whose topics are created at once, and deleted once all are done. */
const batchMax = 25;
/** Schedules at the same time. */
const parallel = 5;

for (const transactions of ["explicit", "v2"] as const) {
  Deno.test({
    name: `a job with ${transactions} transactions is exact whenever its requests arrive`,
    ignore,
    async fn() {
      await using kafka = connectTestKafka();
      const startedMs = performance.now();
      let faults = 0;
      for (let done = 0; done < schedules; done += batchMax) {
        const seeds = Array.from(
          { length: Math.min(batchMax, schedules - done) },
          (_, i) => firstSeed + done + i,
        );
        faults += await runBatch(kafka, seeds, transactions);
      }
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
      say(`${schedules} schedules, ${faults} faults, ${transactions}: ${seconds} s`);
    },
  });
}

async function runBatch(
  kafka: KafkaConnection,
  seeds: readonly number[],
  transactions: TransactionKind,
): Promise<number> {
  const places = seeds.map((): SchedulePlace => {
    const topic = uniqueName("late");
    return { topic, application: `app-${topic}` };
  });
  const names = places.flatMap(topicsOf);
  const shape = { partitions: 1, replicationFactor: 1, config: { "retention.ms": "-1" } };
  await kafka.ensureTopics(names.map((name) => ({ name, ...shape })));
  const waiting = seeds.map((seed, i) => ({ seed, place: places[i] as SchedulePlace }));
  let faults = 0;
  await Promise.all(Array.from({ length: parallel }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { seed, place } = next;
      const outcome = await runSchedule(kafka, seed, { place, transactions });
      faults += outcome.faults;
      const { violation, trace } = outcome;
      assert.equal(violation, undefined, `seed ${seed}: ${violation}\n${trace.join("\n")}`);
    }
  }));
  await Promise.all(names.map((name) => kafka.deleteTopic(name)));
  return faults;
}

function topicsOf(place: SchedulePlace): string[] {
  const { topic } = place;
  return [topic, lateTopic(topic), deadLetterTopic(topic), countingChangelog(place)];
}

function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

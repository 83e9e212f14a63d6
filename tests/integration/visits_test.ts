/** The example with sessions over Kafka, killed at any moment. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import type { Click } from "../../docs/examples/visits.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { connectKafka } from "../../src/kafka/connection.ts";
import {
  decodeText,
  encodeText,
  type LogRecord,
  type OutputRecord,
  PipelineError,
  type RecordLog,
} from "../../src/streams/mod.ts";
import { readAll } from "../contract/log_harness.ts";
import { kafkaBrokers } from "../support/kafka_harness.ts";
import { naiveSessions } from "../support/naive_sessions.ts";
import { startExample } from "../support/start_example.ts";
import { until } from "../support/until.ts";

Deno.test({
  name: "visits are those of a plain fold over Kafka, whenever their job is killed",
  ignore: kafkaBrokers().length === 0,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "visits-" });
    const random = seededRandom(23);
    // Of this run alone: what an earlier one left in the topics is late for no one.
    const users = ["eva", "ada", "bob", "ida"].map((user) => `${user} ${Date.now()}`);
    const atMs = new Map(users.map((user) => [user, Date.UTC(2026, 0, 5)]));
    await using kafka = connectKafka({
      brokers: kafkaBrokers(),
      clientId: "test",
      logger: silentLogger,
    });
    await kafka.ensureTopics([
      { name: "clicks", partitions: 2, replicationFactor: 1, config: {} },
    ]);
    await using appender = kafka.appender();
    const results = async () => (await recordsOf(kafka.log(), "visits")).length;
    for (let life = 0; life < 5; life++) {
      await appender.append(clicks(300, atMs, random));
      // Where it was killed before it had any, there is none.
      if (life === 3) await rm(`${folder}/state`, { recursive: true, force: true });
      const had = await results();
      const program = startExample("visits.ts", `${folder}/state`);
      const isThere = () => isVisits(kafka.log());
      const hasMore = async () => await results() > had;
      if (life === 4) {
        await until(isThere, {
          what: async () => `every visit: ${await results()} results`,
          msMax: 60_000,
        });
      } else if (life % 2 === 0) {
        await until(hasMore, {
          what: async () => `more than ${had} results: ${await results()}`,
          msMax: 60_000,
        });
      }
      if (life < 4) await systemClock.sleep((life % 2 === 0 ? 300 : 2_000) * random.next());
      program.kill("SIGKILL");
      await program.status;
    }
    await Deno.remove(folder, { recursive: true });
  },
});

/** None of a topic that is not there yet. */
async function recordsOf(log: RecordLog, topic: string): Promise<LogRecord[]> {
  try {
    const of = (partition: number) => readAll(log, { topic, partition }, 0);
    return (await Promise.all([0, 1].map(of))).flat();
  } catch (error) {
    if (error instanceof PipelineError && error.remedy === "provision") return [];
    throw error;
  }
}

/** Clicks of users each of whom has a time, sometimes half an hour later, some out of order. */
function clicks(count: number, atMs: Map<string, number>, random: Random): OutputRecord[] {
  const users = [...atMs.keys()];
  return Array.from({ length: count }, () => {
    const user = users[Math.floor(random.next() * users.length)] as string;
    const minutes = random.next() < 0.1 ? 20 + 40 * random.next() : 10 * random.next();
    atMs.set(user, Math.floor((atMs.get(user) as number) + 60_000 * minutes));
    const backMs = random.next() < 0.3 ? Math.floor(45 * 60_000 * random.next()) : 0;
    const click = {
      user,
      atMs: (atMs.get(user) as number) - backMs,
      cents: Math.floor(100 * random.next()),
    };
    return {
      topic: "clicks",
      timestampMs: Date.now(),
      key: encodeText(user),
      value: encodeText(JSON.stringify(click)),
    };
  });
}

/** Whether both topics have each visit, the second one once, and withdraw what is none. */
async function isVisits(log: RecordLog): Promise<boolean> {
  const all = (await recordsOf(log, "clicks")).map(({ value }): Click =>
    JSON.parse(decodeText(value as Uint8Array) ?? "")
  );
  const expected = new Map<string, { readonly text: string; readonly closed: boolean }>();
  for (const [user, clicks] of Map.groupBy(all, ({ user }) => user)) {
    const { sessions } = naiveSessions(clicks, { gapMs: 30 * 60_000, graceMs: 5 * 60_000 });
    for (const { events, firstMs, closed } of sessions) {
      const spent = events.reduce((sum, { cents }) => sum + cents, 0);
      expected.set(JSON.stringify([user, firstMs]), { text: JSON.stringify({ spent }), closed });
    }
  }
  const shown = new Map<string, string>();
  for (const { key, value } of await recordsOf(log, "visits")) {
    const name = decodeText(key as Uint8Array) as string;
    if (value === null) shown.delete(name);
    else shown.set(name, decodeText(value) as string);
  }
  const closed = new Map<string, string>();
  for (const { key, value } of await recordsOf(log, "closed-visits")) {
    const name = decodeText(key as Uint8Array) as string;
    assert(!closed.has(name), `${name} is closed twice`);
    closed.set(name, decodeText(value as Uint8Array) as string);
  }
  const texts = (of: readonly (readonly [string, { readonly text: string }])[]) =>
    of.map(([name, { text }]) => `${name} ${text}`).sort().join("\n");
  const found = (of: ReadonlyMap<string, string>) =>
    texts([...of].map(([name, text]) => [name, { text }]));
  return found(shown) === texts([...expected]) &&
    found(closed) === texts([...expected].filter(([, { closed }]) => closed));
}

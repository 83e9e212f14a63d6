import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { systemClock } from "../../../src/base/clock.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { Cluster } from "../../../src/kafka/cluster/cluster.ts";
import type { Broker } from "../../../src/kafka/wire/internals.ts";
import { KafkaAppender } from "../../../src/kafka/write/appender.ts";

/**
 * A producer whose topic is missing, or whose broker is silent, was told to end and waited for its
 * 30 seconds of delivery: the shutdown's ten were over, and the program ended where it was.
 */
Deno.test("KafkaAppender gives up what is under way when it is disposed", async () => {
  const refused = Object.assign(new Error("refused"), { name: "KafkaJSConnectionError" });
  const refusing = appending(() => Promise.reject(refused));
  await setTimeout(20);
  await refusing.appender[Symbol.asyncDispose]();
  await assert.rejects(refusing.append);
  const silent = appending(() => new Promise<never>(() => {}));
  await setTimeout(20);
  void silent.append.catch(() => {});
  await silent.appender[Symbol.asyncDispose]();
  await silent.cluster[Symbol.asyncDispose]();
});

/** An append through a broker that connects so. */
function appending(connect: () => Promise<void>) {
  const connectionPool = { pool: [] };
  const broker = {
    connectionPool,
    connect,
    isConnected: () => false,
    disconnect: () => Promise.resolve(),
  };
  const cluster = new Cluster(["kafka:1"], () => broker as unknown as Broker);
  const appender = new KafkaAppender(cluster, { clock: systemClock, random: seededRandom(1) }, {
    deliveryTimeoutMs: 3_600_000,
    batchBytesMax: 1_000,
    requestBytesMax: 1_000,
    replicationTimeoutMs: 1_000,
    compression: "none",
  });
  const append = appender.append([{ topic: "t", key: null, value: null, timestampMs: 0 }]);
  return { appender, append, cluster };
}

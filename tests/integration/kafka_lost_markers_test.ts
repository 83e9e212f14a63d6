/**
 * Transactions that the coordinator has ended while partitions lack its marker, as Kafka 4 leaves
 * them when it starts again without a leader for a partition.
 *
 * They are made here by a producer that does not tell the coordinator of all it writes, on a broker
 * that does not check.
 */
import assert from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { silentLogger } from "../../src/base/logger.ts";
import { connectKafka, type KafkaConnection } from "../../src/kafka/connection.ts";
import type { Cluster } from "../../src/kafka/cluster/cluster.ts";
import { Deadline } from "../../src/kafka/cluster/retry.ts";
import { KafkaCommitLog, transactionalIdOf } from "../../src/kafka/write/commit_log.ts";
import type { TransactionEnd } from "../../src/kafka/write/lost_markers.ts";
import { placeRecords, ProducerSession } from "../../src/kafka/write/producer_session.ts";
import { TransactionClient } from "../../src/kafka/write/transaction_protocol.ts";
import { TransactionWriter } from "../../src/kafka/write/transaction_writer.ts";
import {
  addOffsetsRequest,
  addPartitionsRequest,
  commitOffsetsRequest,
  endRequest,
  type ProducerIdentity,
} from "../../src/kafka/write/transaction_requests.ts";
import { type Broker, sendWire } from "../../src/kafka/wire/internals.ts";
import type { WireRequest } from "../../src/kafka/wire/wire_request.ts";
import type { OwnOutputs } from "../../src/streams/ports.ts";
import type { TopicPartition } from "../../src/streams/record.ts";
import { readAll, textRecord, uniqueName, valuesOf } from "../contract/log_harness.ts";
import {
  createTestTopic,
  kafkaBrokers,
  realTiming,
  testCluster,
  transactionOptions,
} from "../support/kafka_harness.ts";
import { seconds } from "../support/seconds.ts";
import { type RealServices, realServices } from "../support/services.ts";
import { until } from "../support/until.ts";

/** What the coordinator hears of the transaction, and whether that brings a position. */
interface Case {
  readonly name: string;
  readonly told: readonly ("changelog" | "position")[];
  /** How the coordinator is told to end it; never, where it was told of nothing. */
  readonly end?: TransactionEnd;
  readonly position: boolean;
  readonly expected: TransactionEnd;
}

const cases: readonly Case[] = [
  { name: "no marker at all", told: [], position: true, expected: "commit" },
  { name: "no marker, before it was complete", told: [], position: false, expected: "abort" },
  {
    name: "the position alone has its marker",
    told: ["position"],
    end: "commit",
    position: true,
    expected: "commit",
  },
  {
    name: "the changelog says that it is committed",
    told: ["changelog"],
    end: "commit",
    position: true,
    expected: "commit",
  },
  {
    name: "the changelog says that it is aborted",
    told: ["changelog"],
    end: "abort",
    position: true,
    expected: "abort",
  },
  {
    name: "an output alone lacks a commit",
    told: ["changelog", "position"],
    end: "commit",
    position: true,
    expected: "commit",
  },
  {
    name: "an output alone lacks an abort",
    told: ["changelog", "position"],
    end: "abort",
    position: true,
    expected: "abort",
  },
];

interface Job {
  readonly application: string;
  readonly input: TopicPartition;
  readonly output: TopicPartition;
  readonly outputs: OwnOutputs;
}

async function newJob(kafka: KafkaConnection): Promise<Job> {
  const topic = async () => ({ topic: await createTestTopic(kafka, 2), partition: 1 });
  const [input, changelog, output] = [await topic(), await topic(), await topic()];
  const changelogPositionIn = (metadata: string) => Number(metadata);
  const outputs = { changelog, topics: [output.topic], changelogPositionIn };
  return { application: uniqueName("app"), input, output, outputs };
}

function contentOf({ input, output, outputs: { changelog } }: Job, value: string) {
  return {
    records: [textRecord(changelog, "k", value), textRecord(output, "k", value)],
    changelog,
    input,
    inputOffset: value === "old" ? 1 : 2,
    metadata: (position: number) => `${position}`,
  };
}

/** Lets the broker take what belongs to no transaction that its coordinator knows. */
async function trustProducers(services: RealServices): Promise<void> {
  const admin = new Kafka({
    brokers: services.kafkaUrl.split(","),
    logLevel: logLevel.NOTHING,
  }).admin();
  await admin.connect();
  const name = "transaction.partition.verification.enable";
  const configEntries = [{ name, value: "false" }];
  const resources = [{ type: 4, name: "1", configEntries }];
  await admin.alterConfigs({ validateOnly: false, resources });
  await admin.disconnect();
}

/** Writes a transaction of which the coordinator knows only what a case says. */
async function leaveUnended(port: number, job: Job, { told, end, position }: Case): Promise<void> {
  const { application, input, outputs: { changelog } } = job;
  await using cluster = testCluster(port);
  const transactionalId = transactionalIdOf(application, input);
  const client = new TransactionClient(cluster, transactionalId, application);
  const deadline = new Deadline(realTiming, 20_000);
  const identity = await client.init(60_000, deadline);
  const transaction = { ...identity, transactionalId };
  const ask = <T>(request: WireRequest<T>) =>
    deadline.retry(() =>
      cluster.onCoordinator(
        "transaction",
        transactionalId,
        (broker: Broker) => sendWire(broker, request),
      )
    );
  if (told.includes("changelog")) await ask(addPartitionsRequest(transaction, [changelog]));
  if (told.includes("position")) await ask(addOffsetsRequest(transaction, application));
  const content = contentOf(job, "new");
  const session = new ProducerSession(cluster, identity, {
    transactionalId,
    limits: transactionOptions,
  });
  const { lastOffsets } = await session.send(
    await placeRecords(cluster, content.records),
    deadline,
  );
  if (position) {
    const last = lastOffsets.get(`${changelog.topic}-${changelog.partition}`) ?? 0;
    const commits = [{ ...input, offset: content.inputOffset, metadata: `${last + 1}` }];
    const request = commitOffsetsRequest(transaction, application, { commits, v2: false });
    await deadline.retry(() =>
      cluster.onCoordinator("group", application, (broker) => sendWire(broker, request))
    );
  }
  if (end === undefined) return;
  await ask(endRequest(transaction, { committed: end === "commit", v2: false }));
}

Deno.test({
  name: "KafkaCommitLog.fence() ends what Kafka has left without its markers, as it was decided",
  ignore: kafkaBrokers().length === 0,
  async fn(t) {
    await using services = await realServices({ kafka: true, private: true });
    const brokers = services.kafkaUrl.split(",");
    const port = Number(brokers[0]?.split(":")[1]);
    await trustProducers(services);
    await using kafka = connectKafka({ brokers, clientId: "test", logger: silentLogger });
    const log = kafka.log();
    for (const one of cases) {
      await t.step(one.name, async () => {
        const job = await newJob(kafka);
        await using cluster = testCluster(port);
        const given: TransactionEnd[] = [];
        const commits = new KafkaCommitLog(cluster, job.application, realTiming, {
          ...transactionOptions,
          onMarkersGiven: (_input, end) => given.push(end),
        });
        {
          await using writer = await commits.fence(job.input, job.outputs);
          await writer.commit(contentOf(job, "old"));
        }
        await leaveUnended(port, job, one);
        await using writer = await commits.fence(job.input, job.outputs);
        assert.deepEqual(given, [one.expected]);
        const decided = one.expected === "commit" ? ["old", "new"] : ["old"];
        assert.equal((await commits.committed(job.input))?.offset, decided.length);
        for (const place of [job.outputs.changelog, job.output]) {
          assert.deepEqual(valuesOf(await readAll(log, place)), decided, place.topic);
        }
        await writer.commit(contentOf(job, "next"));
        await using _next = await commits.fence(job.input, job.outputs);
        for (const place of [job.outputs.changelog, job.output]) {
          assert.deepEqual(valuesOf(await readAll(log, place)), [...decided, "next"], place.topic);
        }
        assert.deepEqual(given, [one.expected], "nothing was left the second time");
      });
    }
  },
});

Deno.test({
  name:
    "a writer that has nothing more to commit gives the markers that Kafka lost after its commit",
  ignore: kafkaBrokers().length === 0,
  async fn(t) {
    await using services = await realServices({ kafka: true, private: true });
    const brokers = services.kafkaUrl.split(",");
    const port = Number(brokers[0]?.split(":")[1]);
    await trustProducers(services);
    await using kafka = connectKafka({ brokers, clientId: "test", logger: silentLogger });
    const log = kafka.log();
    for (const transactionsV2 of [true, false]) {
      await t.step(transactionsV2 ? "with Transactions V2" : "with explicit ones", async () => {
        const { application, input, output, outputs } = await newJob(kafka);
        await using cluster = testCluster(port, { transactionsV2 });
        const transactionalId = transactionalIdOf(application, input);
        const client = new TransactionClient(cluster, transactionalId, application);
        const deadline = new Deadline(realTiming, 20_000);
        const identity = await client.init(60_000, deadline);
        const given: TransactionEnd[] = [];
        await using writer = new TransactionWriter({
          cluster,
          client,
          identity,
          transactionalId,
          input,
          timing: realTiming,
          options: {
            ...transactionOptions,
            markersLookMs: 200,
            onMarkersGiven: (_input, end) => given.push(end),
          },
          search: { cluster, client, groupId: application, input, outputs },
          endOf: () => Promise.resolve(0),
        });
        const stuck = { ...output, partition: 0 };
        await writeUntold(cluster, { identity, transactionalId }, stuck);
        await writer.commit(contentOf({ application, input, output, outputs }, "old"));
        await until(async () => (await readAll(log, stuck)).length > 0, {
          what: () => `a committed record, with markers given: ${given.length}`,
          msMax: 20_000,
        });
        assert.deepEqual(valuesOf(await readAll(log, stuck)), ["untold"]);
        assert.ok(!writer.spent);
        await writer.commit(contentOf({ application, input, output, outputs }, "next"));
        assert.deepEqual(valuesOf(await readAll(log, outputs.changelog)), ["old", "next"]);
        await seconds(1);
        assert.deepEqual(given, ["commit"], "once");
      });
    }
  },
});

/** Writes to a partition without telling the coordinator, whose marker so never comes. */
async function writeUntold(
  cluster: Cluster,
  { identity, transactionalId }: {
    readonly identity: ProducerIdentity;
    readonly transactionalId: string;
  },
  place: TopicPartition,
): Promise<void> {
  const session = new ProducerSession(cluster, identity, {
    transactionalId,
    limits: transactionOptions,
  });
  const placed = await placeRecords(cluster, [textRecord(place, "k", "untold")]);
  await session.send(placed, new Deadline(realTiming, 20_000));
}

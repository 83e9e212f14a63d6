import { systemClock } from "../../src/base/clock.ts";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import { kafkaTopics } from "../../src/kafka/job_topics.ts";
import type { TopicSpec } from "../../src/kafka/topics.ts";
import { marketChangelog, marketTopics } from "../../src/market/topology.ts";
import type { SchemaRegistry } from "../../src/registry/ports.ts";
import { beginGeneration, generationStartMs } from "../../src/streams/new_generation.ts";
import { repartitionTopic } from "../../src/streams/topology.ts";
import { marketStateCodecs } from "../../src/wiring/market_processor.ts";
import { print, printError } from "../lib/print.ts";
import { connectState } from "./connections.ts";
import type { StateConfig } from "./state_config.ts";

/**
 * `reset`: says what would be deleted, or deletes it and begins a new generation of every task.
 *
 * @returns False when something is in the way.
 */
export async function resetState(
  config: StateConfig,
  { yes }: { readonly yes: boolean },
): Promise<boolean> {
  const { applicationId: group, topic, stateDir, conditionPolicy } = config;
  const connections = await connectState(config);
  await using kafka = connections.kafka;
  const members = await kafka.groupMemberCount(group);
  if (members > 0) {
    printError(
      `Cannot reset as group ${group} must have no members: it has ${members}. ` +
        "Stop every instance of process; one that was killed leaves after 15 s",
    );
    return false;
  }
  const changelog = marketChangelog(group, conditionPolicy);
  const folder = `${stateDir}/${changelog}`;
  const topics = await internalTopics(kafka, config);
  print(`${yes ? "Deleting" : "Would delete"}:`);
  for (const { name, partitions } of topics) print(`  topic ${name}, ${partitions} partitions`);
  print(`  place of group ${group} in ${topic}: it begins again at the start of the topic`);
  print(`  folder ${folder}; do the same on every machine that has one`);
  if (!yes) {
    print('Nothing was done. "deno task state reset --yes" does it.');
    return true;
  }
  const startsMs = await generationStarts(kafka, changelog);
  await deleteFolder(stateDir, changelog, folder);
  for (const { name } of topics) await kafka.deleteTopic(name);
  await kafka.ensureTopics(topics);
  await beginGenerations(connections, config, changelog, startsMs);
  print("Done. The next start of process computes everything from the start of the input.");
  return true;
}

/** The topics that are deleted and made anew, as the input is spread. */
async function internalTopics(
  kafka: KafkaConnection,
  { topic, applicationId, conditionPolicy }: StateConfig,
): Promise<TopicSpec[]> {
  const input = await kafka.topicShape(topic);
  const shape = input ?? { partitions: 0, replicationFactor: 0 };
  const topics = marketTopics(topic, applicationId, conditionPolicy)
    .filter(({ role }) => role === "changelog" || role === "repartition");
  return kafkaTopics(topics, shape);
}

/** Refuses while a process has the folder. */
async function deleteFolder(stateDir: string, changelog: string, folder: string): Promise<void> {
  {
    await using _lock = await LevelStateStores.open(stateDir, changelog);
  }
  await Deno.remove(folder, { recursive: true });
}

/** By partition; none where there is no changelog any more. */
async function generationStarts(kafka: KafkaConnection, topic: string): Promise<number[]> {
  const { partitions } = await kafka.topicShape(topic) ?? { partitions: 0 };
  const log = kafka.log();
  const nowMs = systemClock.nowMs();
  const { signal } = new AbortController();
  const startsMs: number[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    startsMs.push(await generationStartMs(log, { topic, partition }, nowMs, signal));
  }
  return startsMs;
}

async function beginGenerations(
  { kafka, registry }: { readonly kafka: KafkaConnection; readonly registry: SchemaRegistry },
  { topic, applicationId, conditionPolicy }: StateConfig,
  changelog: string,
  startsMs: readonly number[],
): Promise<void> {
  const codecs = await marketStateCodecs(registry, applicationId, conditionPolicy);
  const ports = { log: kafka.log(), commitLog: kafka.commitLog(applicationId), codecs };
  const partitions = await ports.log.partitionCount(topic);
  for (let partition = 0; partition < partitions; partition++) {
    const place = {
      input: { topic, partition },
      changelog: { topic: changelog, partition },
      repartition: { topic: repartitionTopic(applicationId), partition, partitions },
    };
    const startMs = startsMs[partition] ?? systemClock.nowMs();
    const { inputOffset } = await beginGeneration(ports, place, startMs);
    print(`  ${topic}-${partition} begins at offset ${inputOffset}`);
  }
}

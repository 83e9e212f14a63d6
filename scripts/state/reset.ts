import { systemClock } from "../../src/base/clock.ts";
import type { TopicShape } from "../../src/kafka/admin.ts";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import { kafkaTopics } from "../../src/kafka/job_topics.ts";
import type { TopicSpec } from "../../src/kafka/topics.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import { marketChangelog, marketTopics } from "../../src/market/topology.ts";
import {
  beginGeneration,
  type GenerationPorts,
  generationStartMs,
} from "../../src/streams/commit/new_generation.ts";
import { wholeFromOfAll } from "../../src/streams/state/cut_input.ts";
import { repartitionTopic } from "../../src/streams/topology/topology.ts";
import { marketStateCodecs } from "../../src/wiring/market_processor.ts";
import { print, printError } from "../lib/print.ts";
import { connectState } from "./connections.ts";
import type { StateConfig } from "./state_config.ts";

/**
 * `reset`: says what would be deleted, or deletes it and begins a new generation of every task.
 *
 * Everything that the new generation needs is there, or made, before the first deletion.
 *
 * @returns False when something is in the way; nothing is deleted then.
 */
export async function resetState(
  config: StateConfig,
  { yes }: { readonly yes: boolean },
): Promise<boolean> {
  const { applicationId, topic, stateDir, conditionPolicy } = config;
  const { kafka, registry } = await connectState(config);
  await using _kafka = kafka;
  const members = await kafka.groupMemberCount(applicationId);
  const shape = await kafka.topicShape(topic);
  if (members > 0 || shape === undefined) {
    printError(`Cannot reset as ${obstacle(config, members)}`);
    return false;
  }
  const changelog = marketChangelog(applicationId, conditionPolicy);
  const folder = `${stateDir}/${changelog}`;
  const topics = internalTopics(config, shape);
  const present = await presentTopics(kafka, topics);
  if (!yes) {
    printPlan("Would delete", config, present, folder);
    printCut(await wholeFrom(kafka, config, shape));
    print('Nothing was done. "deno task state reset --yes" does it.');
    return true;
  }
  const codecs = await marketStateCodecs(registry, applicationId, conditionPolicy);
  const ports = { log: kafka.log(), commitLog: kafka.commitLog(applicationId), codecs };
  const startsMs = await generationStarts(kafka, changelog);
  const wholeFromsMs = await wholeFrom(kafka, config, shape);
  printPlan("Deleting", config, present, folder);
  await deleteFolder(stateDir, changelog, folder);
  for (const { name } of present) await kafka.deleteTopic(name);
  await kafka.ensureTopics(topics);
  await beginGenerations(ports, config, changelog, {
    partitions: shape.partitions,
    startsMs,
    wholeFromsMs,
  });
  printCut(wholeFromsMs);
  print("Done. The next start of process computes everything from the start of the input.");
  return true;
}

function obstacle({ applicationId, topic }: StateConfig, members: number): string {
  return members > 0
    ? `group ${applicationId} must have no members: it has ${members}. ` +
      "Stop every instance of process; one that was killed leaves after 15 s"
    : `the input must be there to be read again: there is no topic "${topic}". ` +
      "Set TOPIC_KAFKA to the topic that process reads";
}

function printPlan(
  verb: string,
  { applicationId, topic }: StateConfig,
  topics: readonly TopicSpec[],
  folder: string,
): void {
  print(`${verb}:`);
  for (const { name, partitions } of topics) print(`  topic ${name}, ${partitions} partitions`);
  print(`  place of group ${applicationId} in ${topic}: it begins again at the start of the topic`);
  print(`  folder ${folder}; do the same on every machine that has one`);
}

/** The topics that are deleted and made anew, as the input is spread. */
function internalTopics(
  { topic, applicationId, conditionPolicy }: StateConfig,
  shape: TopicShape,
): TopicSpec[] {
  const topics = marketTopics(topic, applicationId, conditionPolicy)
    .filter(({ role }) => role === "changelog" || role === "repartition");
  return kafkaTopics(topics, shape);
}

/** Those that are there, as they are now: an earlier reset may have ended halfway. */
async function presentTopics(
  kafka: KafkaConnection,
  topics: readonly TopicSpec[],
): Promise<TopicSpec[]> {
  const present: TopicSpec[] = [];
  for (const topic of topics) {
    const shape = await kafka.topicShape(topic.name);
    if (shape !== undefined) present.push({ ...topic, ...shape });
  }
  return present;
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

/** From which start on windows lack nothing, by partition, as the input is now. */
async function wholeFrom(
  kafka: KafkaConnection,
  { topic, windowGraceMs: graceMs, maxFutureMs }: StateConfig,
  { partitions }: TopicShape,
): Promise<(number | null)[]> {
  const inputs = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const job = { windows: { graceMs }, maxFutureMs };
  return await wholeFromOfAll(kafka.log(), inputs, job);
}

function printCut(wholeFromsMs: readonly (number | null)[]): void {
  const wholeFromMs = Math.max(...wholeFromsMs.map((fromMs) => fromMs ?? 0));
  if (wholeFromMs === 0) return;
  print("The beginning of the input has been deleted. Windows and candles that start before");
  print(`${new Date(wholeFromMs).toISOString()} may lack trades: their rows stay as they are.`);
}

async function beginGenerations(
  ports: GenerationPorts,
  { topic, applicationId }: StateConfig,
  changelog: string,
  { partitions, startsMs, wholeFromsMs }: {
    readonly partitions: number;
    readonly startsMs: readonly number[];
    readonly wholeFromsMs: readonly (number | null)[];
  },
): Promise<void> {
  for (let partition = 0; partition < partitions; partition++) {
    const place = {
      input: { topic, partition },
      changelog: { topic: changelog, partition },
      repartition: { topic: repartitionTopic(applicationId), partition, partitions },
    };
    const startMs = startsMs[partition] ?? systemClock.nowMs();
    const { inputOffset } = await beginGeneration(ports, place, {
      startMs,
      wholeFromMs: wholeFromsMs[partition] ?? null,
    });
    print(`  ${topic}-${partition} begins at offset ${inputOffset}`);
  }
}

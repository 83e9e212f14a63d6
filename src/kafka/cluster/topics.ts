import type { Offset, TopicPartition } from "../../streams/record.ts";
import type { Cluster } from "./cluster.ts";
import { faultType, isPassing, ProtocolFault, toPipelineError } from "../wire/errors.ts";
import type { TopicMetadata } from "../wire/metadata_protocol.ts";
import { Deadline, type Timing } from "./retry.ts";

/** A topic as it should be. */
export interface TopicSpec {
  /** A legal topic name. */
  readonly name: string;
  /** How many a new topic gets. */
  readonly partitions: number;
  /** Copies of each partition of a new topic; at most as many as there are brokers. */
  readonly replicationFactor: number;
  /** Settings by Kafka's own names; those not named are not looked at. */
  readonly config: Readonly<Record<string, string>>;
}

/** A setting that is not as it should be. */
export interface TopicDifference {
  /** Kafka's own name of it. */
  readonly setting: string;
  /** As it was asked for. */
  readonly wanted: string;
  /** As the topic has it; `undefined` where Kafka does not say. */
  readonly actual: string | undefined;
}

/** What became of a topic. */
export type TopicOutcome =
  | { readonly name: string; readonly outcome: "created" | "unchanged" }
  | {
    readonly name: string;
    readonly outcome: "differs";
    readonly differences: readonly TopicDifference[];
  };

/** After that a topic must be there with a leader for each partition, or be gone, ms. */
export const topicTimeoutMs = 30_000;

/** Number of the resource "topic" in DescribeConfigs. */
const topicResource = 2;

/**
 * Creates the topics that are missing; changes none that exist, because fewer partitions are not
 * possible and more would move keys.
 */
export async function ensureTopics(
  cluster: Cluster,
  specs: readonly TopicSpec[],
  timing: Timing,
): Promise<TopicOutcome[]> {
  const outcomes: TopicOutcome[] = [];
  for (const spec of specs) {
    try {
      outcomes.push(await ensureTopic(cluster, spec, new Deadline(timing, topicTimeoutMs)));
    } catch (error) {
      const settings = faultType(error) === "INVALID_CONFIG" ? ` with ${settingsOf(spec)}` : "";
      throw toPipelineError(error, `provide topic ${spec.name}${settings}`, { topic: spec.name });
    }
  }
  return outcomes;
}

/** What a broker may not know, or not allow: it does not say which. */
function settingsOf({ config }: TopicSpec): string {
  const settings = Object.entries(config).map(([name, value]) => `${name}=${value}`);
  return settings.join(", ");
}

async function ensureTopic(
  cluster: Cluster,
  spec: TopicSpec,
  deadline: Deadline,
): Promise<TopicOutcome> {
  const existing = await deadline.retry(() => findTopic(cluster, spec.name), isPassing);
  if (existing !== undefined) return await compare(cluster, spec, existing, deadline);
  if (await create(cluster, spec, deadline) === "exists") {
    return await ensureTopic(cluster, spec, deadline);
  }
  await deadline.retry(() => led(cluster, spec));
  return { name: spec.name, outcome: "created" };
}

/** What the brokers say of a topic; `undefined` if it does not exist. */
export async function findTopic(
  cluster: Cluster,
  name: string,
): Promise<TopicMetadata | undefined> {
  try {
    return await cluster.refresh(name);
  } catch (error) {
    if (faultType(error) === "UNKNOWN_TOPIC_OR_PARTITION") return undefined;
    throw error;
  }
}

async function create(
  cluster: Cluster,
  spec: TopicSpec,
  deadline: Deadline,
): Promise<"created" | "exists"> {
  const topic = {
    topic: spec.name,
    numPartitions: spec.partitions,
    replicationFactor: spec.replicationFactor,
    configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value })),
  };
  try {
    await deadline.retry(() =>
      cluster.onAny((broker) =>
        broker.createTopics({ topics: [topic], timeout: topicTimeoutMs / 2 })
      )
    );
    return "created";
  } catch (error) {
    const reason = creationError(error);
    if (faultType(reason) === "TOPIC_ALREADY_EXISTS") return "exists";
    throw reason;
  }
}

/** kafkajs answers with the topics' errors in a list; there is one topic here. */
function creationError(error: unknown): unknown {
  const { errors } = error as { readonly errors?: readonly unknown[] };
  return errors?.[0] ?? error;
}

/** Faults until every partition has a leader. */
export async function led(
  cluster: Cluster,
  spec: Pick<TopicSpec, "name" | "partitions">,
): Promise<void> {
  const { partitions } = await cluster.refresh(spec.name);
  const leaders = partitions.filter(({ leader }) => leader >= 0);
  if (leaders.length < spec.partitions) throw new ProtocolFault(5, `Leaders of ${spec.name}`);
}

async function compare(
  cluster: Cluster,
  spec: TopicSpec,
  { partitions }: TopicMetadata,
  deadline: Deadline,
): Promise<TopicOutcome> {
  const actual = await deadline.retry(() => topicConfig(cluster, spec.name));
  const differences = differencesOf(spec, {
    partitions: String(partitions.length),
    replicationFactor: String(partitions[0]?.replicas.length ?? 0),
    config: actual,
  });
  if (differences.length === 0) return { name: spec.name, outcome: "unchanged" };
  return { name: spec.name, outcome: "differs", differences };
}

/** A topic's settings by Kafka's names, defaults included. */
export async function topicConfig(
  cluster: Cluster,
  name: string,
): Promise<ReadonlyMap<string, string | null>> {
  const { resources } = await cluster.onAny((broker) =>
    broker.describeConfigs({ resources: [{ type: topicResource, name }] })
  );
  const entries = resources[0]?.configEntries ?? [];
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
}

/** Removes the records of a partition before an offset, permanently. */
export async function deleteRecords(
  cluster: Cluster,
  { topic, partition }: TopicPartition,
  before: Offset,
  timing: Timing,
): Promise<void> {
  const topics = [{ topic, partitions: [{ partition, offset: String(before) }] }];
  try {
    await new Deadline(timing, topicTimeoutMs).retry(async () => {
      const leader = await cluster.leader({ topic, partition });
      await cluster.onNode(leader, (broker) => broker.deleteRecords({ topics }));
    });
  } catch (error) {
    throw toPipelineError(error, `delete records of ${topic}-${partition} before ${before}`);
  }
}

/** What differs between a topic as it should be and as it is. */
export function differencesOf(
  spec: TopicSpec,
  actual: {
    readonly partitions: string;
    readonly replicationFactor: string;
    readonly config: ReadonlyMap<string, string | null>;
  },
): TopicDifference[] {
  const { partitions, replicationFactor } = actual;
  const compared: TopicDifference[] = [
    { setting: "partitions", wanted: String(spec.partitions), actual: partitions },
    {
      setting: "replicationFactor",
      wanted: String(spec.replicationFactor),
      actual: replicationFactor,
    },
    ...Object.entries(spec.config).map(([setting, wanted]) => ({
      setting,
      wanted,
      actual: actual.config.get(setting) ?? undefined,
    })),
  ];
  return compared.filter((difference) => normal(difference.wanted) !== normal(difference.actual));
}

/** Lists such as `compact,delete` are equal in any order. */
function normal(value: string | undefined): string | undefined {
  return value?.split(",").map((part) => part.trim()).sort().join(",");
}

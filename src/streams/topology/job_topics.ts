import { PipelineError } from "../../base/errors.ts";
import { deadLetterTopic, lateTopic } from "../side_output.ts";
import { changelogTopic, repartitionTopic, type WithInputs } from "./topology.ts";

/** What a topic is for a job; says how it must be kept. */
export type TopicRole =
  | "input"
  | "table"
  | "global"
  | "changelog"
  | "repartition"
  | "late"
  | "dead-letters"
  | "results"
  | "latest-results";

/** A topic that a job reads or writes. */
export interface JobTopic {
  /** Its name in the log. */
  readonly name: string;
  /** What the job uses it for. */
  readonly role: TopicRole;
}

/** What of a job decides about its topics; every `Topology` has it. */
export interface WithTopics extends WithInputs {
  /** Names the changelog. */
  readonly store: string;
  /** True for a job with a repartition topic. */
  readonly repartition: boolean;
  /** Those that results go to; `latest` where the last record of a key stands for all. */
  readonly topics?: readonly { readonly topic: string; readonly latest: boolean }[];
  /** Those that streams go to. */
  readonly streams?: readonly { readonly topic: string; readonly latest?: boolean }[];
}

/**
 * Every topic of a job. All must exist before it runs, with the same number of partitions: task p
 * reads partition p of each input and writes partition p of the others. `checkTopics` refuses others.
 */
export function jobTopics(application: string, job: WithTopics): readonly JobTopic[] {
  const { source, store, repartition, topics: results = [], streams = [] } = job;
  const { topic, more = [], ofTables = [] } = source;
  const { tables = [], globals = [] } = job;
  const rekeyed: JobTopic = { name: repartitionTopic(application), role: "repartition" };
  const roleOf = (name: string): TopicRole => ofTables.includes(name) ? "table" : "input";
  const topics: readonly JobTopic[] = [
    ...[topic, ...more].map((name) => ({ name, role: roleOf(name) })),
    ...tables.map(({ topic: name }) => ({ name, role: "table" as const })),
    ...globals.map(({ topic: name }) => ({ name, role: "global" as const })),
    { name: changelogTopic(application, store), role: "changelog" },
    ...repartition ? [rekeyed] : [],
    { name: lateTopic(topic), role: "late" },
    { name: deadLetterTopic(topic), role: "dead-letters" },
    ...[...results, ...streams].map(({ topic, latest }) => ({
      name: topic,
      role: latest === true ? "latest-results" as const : "results" as const,
    })),
  ];
  refuseSharedNames(topics);
  return topics;
}

/** Those that a task's transactions write, besides the changelog. */
export function outputTopics(application: string, job: WithTopics): readonly string[] {
  const read: readonly TopicRole[] = ["input", "table", "global", "changelog"];
  return jobTopics(application, job)
    .filter(({ role }) => !read.includes(role))
    .map(({ name }) => name);
}

function refuseSharedNames(topics: readonly JobTopic[]): void {
  for (const [name, roles] of Map.groupBy(topics, ({ name }) => name)) {
    if (roles.length === 1) continue;
    throw new PipelineError(
      "CONFIG_INVALID",
      `Cannot use ${name} as each topic of a job must have a name of its own: it is ` +
        `${roles.map(({ role }) => role).join(" and ")}; rename the input or the application`,
    );
  }
}

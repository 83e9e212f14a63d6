import { deadLetterTopic, lateTopic } from "../side_output.ts";
import { changelogTopic, repartitionTopic, type Topology } from "./topology.ts";
import { isUnlimited, type TimeWindows } from "./windows.ts";

/** What a description needs to know of a job. */
export type Describable = Pick<
  Topology<unknown, unknown, unknown>,
  | "name"
  | "source"
  | "tables"
  | "globals"
  | "processors"
  | "streams"
  | "tableless"
  | "maxFutureMs"
  | "repartition"
  | "events"
  | "windows"
  | "rollUps"
  | "store"
  | "rows"
  | "topics"
>;

/**
 * A job in lines of text.
 *
 * @see Kafka Streams Topology#describe
 */
export function describeTopology(job: Describable, application: string): string {
  const { topic, more, ofTables } = job.source;
  const kindOf = (name: string) => ofTables.includes(name) ? "Table" : "Source";
  const further = (name: string) => ofTables.includes(name) ? "joined" : "merged";
  return [
    `Topology: ${job.name}`,
    `  ${kindOf(topic)}: ${topic}, one task per partition`,
    ...more.map((name) => `  ${kindOf(name)}: ${name}, ${further(name)} with it`),
    `    unreadable, impossible, more than ${job.maxFutureMs} ms ahead --> ${
      deadLetterTopic(topic)
    }`,
    ...(job.repartition
      ? [`    in the wrong place --> ${repartitionTopic(application)} --> read`]
      : []),
    ...(job.events === undefined ? [] : ["    every event --> sink"]),
    ...job.tables.map((table) => `  Table: ${table.topic}, joined`),
    ...job.globals.map((table) => `  Global table: ${table.topic}, joined`),
    ...job.processors.map(({ name }) => `  Processor: ${name}, with stores`),
    ...job.streams.map(({ topic, latest }) =>
      `    every ${latest === true ? "change" : "value"} --> ${topic}`
    ),
    ...storeLines(job),
    ...job.rollUps.levels.map(({ sizeMs, retentionMs }) =>
      `    rolled up to ${sizeMs} ms, kept ${retentionMs} ms`
    ),
    `    changes --> ${changelogTopic(application, job.store)}`,
    ...outputs(job).map(({ name, finalOnly }) =>
      `    ${finalOnly ? "final" : "changed"} rows --> ${name}`
    ),
    "",
  ].join("\n");
}

function storeLines({ source, tableless, windows, store }: Describable): readonly string[] {
  if (tableless) return ["  Store: positions and processors"];
  if (isUnlimited(windows)) return [`  Store: ${store}, a row per key`];
  return [
    `  Windows: ${windowsText(windows)}`,
    `    too late --> ${lateTopic(source.topic)}`,
    `  Store: ${store}, kept ${windows.retentionMs} ms`,
  ];
}

/** A job as a Mermaid flowchart. */
export function mermaidTopology(job: Describable, application: string): string {
  const { topic } = job.source;
  const rollUps = job.rollUps.levels.map(({ sizeMs }) => `${sizeMs} ms`).join(", ");
  return [
    "flowchart LR",
    node("source", "[(", topic, ")]"),
    node("read", "[", "read", "]"),
    node("windows", "[", stepsText(job), "]"),
    node("store", "[(", job.store, ")]"),
    "  source --> read --> windows --> store",
    ...job.source.more.map((further, index) =>
      `  ${node(`source${index + 1}`, "[(", further, ")]").trim()} --> read`
    ),
    ...job.tables.map((table, index) =>
      `  ${node(`table${index}`, "[(", table.topic, ")]").trim()} -- joined --> windows`
    ),
    ...job.globals.map((table, index) =>
      `  ${node(`global${index}`, "[(", table.topic, ")]").trim()} -. joined .-> windows`
    ),
    ...outputs(job).map(({ name, finalOnly }, index) =>
      `  store ${finalOnly ? "-- final " : ""}--> ${
        node(`output${index}`, "[/", name, "/]").trim()
      }`
    ),
    ...job.streams.map(({ topic }, index) =>
      `  windows --> ${node(`stream${index}`, "[/", topic, "/]").trim()}`
    ),
    ...(job.events === undefined ? [] : [node("events", "[/", "sink", "/]"), "  read --> events"]),
    ...(job.repartition
      ? [
        node("repartition", "[(", repartitionTopic(application), ")]"),
        "  read -. in the wrong place .-> repartition --> read",
      ]
      : []),
    ...(rollUps === "" ? [] : [
      node("rollUps", "[", `rolled up to ${rollUps}`, "]"),
      "  windows --> rollUps --> store",
    ]),
    `  store --> ${node("changelog", "[(", changelogTopic(application, job.store), ")]").trim()}`,
    `  read -. unreadable .-> ${node("dead", "[(", deadLetterTopic(topic), ")]").trim()}`,
    ...(isUnlimited(job.windows)
      ? []
      : [`  windows -. late .-> ${node("late", "[(", lateTopic(topic), ")]").trim()}`]),
    "",
  ].join("\n");
}

/** Where results go: to the sink, and to topics. */
function outputs(
  { rows, topics }: Describable,
): readonly { readonly name: string; readonly finalOnly: boolean }[] {
  const sinks = rows.map(({ finalOnly }) => ({ name: "sink", finalOnly }));
  return [...sinks, ...topics.map(({ topic, finalOnly }) => ({ name: topic, finalOnly }))];
}

function stepsText({ tableless, processors, windows }: Describable): string {
  if (tableless) return processors.map(({ name }) => name).join(", ") || "by value";
  return isUnlimited(windows) ? "by key" : windowsText(windows);
}

function node(id: string, open: string, text: string, close: string): string {
  return `  ${id}${open}"${text.replaceAll('"', "#quot;")}"${close}`;
}

function windowsText(
  { sizeMs, advanceMs, graceMs, sessions, sliding }: TimeWindows,
): string {
  if (sessions === true) return `sessions, gap ${sizeMs} ms, grace ${graceMs} ms`;
  if (sliding === true) {
    return `sliding, ${sizeMs - advanceMs} ms by ${advanceMs} ms, grace ${graceMs} ms`;
  }
  const kind = sizeMs === advanceMs
    ? `tumbling, ${sizeMs} ms`
    : `hopping, ${sizeMs} ms every ${advanceMs} ms`;
  return `${kind}, grace ${graceMs} ms`;
}

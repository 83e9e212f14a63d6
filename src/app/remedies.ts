import type { Remedies } from "../base/errors.ts";

/** What to do about errors that stop a program which works on Kafka. */
export const kafkaRemedies: Remedies = {
  reset: computeAgain("every instance of process", "state reset --yes"),
  "group-position": "set the group's offset to that of the state with kafka-consumer-groups; or, " +
    computeAgain("every instance of process", "state reset --yes"),
  provision: run("provision"),
  "other-topic": "set TOPIC_KAFKA to the topic of the state, or give the other topic an " +
    "APPLICATION_ID of its own; or, " +
    computeAgain("every instance of process", "state reset --yes"),
  repartition: "to move the state to as many partitions as the topic has, stop every instance of " +
    `process and ${run("state repartition --yes")}`,
  "add-partitions": "add partitions to it with kafka-topics --alter, then start again",
};

/** What to do about errors that stop `start` in a folder. */
export function folderRemedies(dataDir: string): Remedies {
  const reset = computeAgain("start", `state reset --yes --data ${quoted(dataDir)}`);
  const elsewhere = "set TOPIC_KAFKA to the topic of the state, or use another folder; or, " +
    reset;
  const repartition = "to give every topic as many partitions as the input has, stop start and " +
    run(`state repartition --yes --data ${quoted(dataDir)}`);
  return {
    reset,
    "group-position": reset,
    provision: reset,
    "other-topic": elsewhere,
    repartition,
    "add-partitions": repartition,
  };
}

function computeAgain(program: string, command: string): string {
  return `to recompute everything from what is left of the input, stop ${program} and ` +
    run(command);
}

/** Another topic or application has another state: settings of one start alone are easily forgotten. */
function run(command: string): string {
  return `run, with the same settings, "deno task ${command}"`;
}

/** As a shell takes it for one word. */
export function quoted(path: string): string {
  return /^[\w./:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

import assert from "node:assert/strict";
import { differencesOf, type TopicSpec } from "../../../src/kafka/cluster/topics.ts";

const spec: TopicSpec = {
  name: "t",
  partitions: 4,
  replicationFactor: 3,
  config: { "cleanup.policy": "compact,delete", "retention.ms": "1000" },
};

function actual(config: Record<string, string>, partitions = "4"): Parameters<
  typeof differencesOf
>[1] {
  return { partitions, replicationFactor: "3", config: new Map(Object.entries(config)) };
}

Deno.test("differencesOf() finds none in a topic that is as it should be", () => {
  const config = { "cleanup.policy": "delete,compact", "retention.ms": "1000", other: "x" };
  assert.deepEqual(differencesOf(spec, actual(config)), []);
});

Deno.test("differencesOf() names every setting that differs, with both values", () => {
  assert.deepEqual(differencesOf(spec, actual({ "cleanup.policy": "delete" }, "1")), [
    { setting: "partitions", wanted: "4", actual: "1" },
    { setting: "cleanup.policy", wanted: "compact,delete", actual: "delete" },
    { setting: "retention.ms", wanted: "1000", actual: undefined },
  ]);
});

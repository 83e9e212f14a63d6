import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { LogFields, Logger } from "../../src/base/logger.ts";
import { silentLogger } from "../../src/base/logger.ts";
import type { Cluster } from "../../src/kafka/cluster/cluster.ts";
import { type JoinedGroup, joinRequest } from "../../src/kafka/group/join_protocol.ts";
import { KafkaMembership } from "../../src/kafka/group/membership.ts";
import { sendWire } from "../../src/kafka/wire/internals.ts";
import type { AssignmentListener } from "../../src/streams/ports.ts";
import { uniqueName } from "../contract/log_harness.ts";
import {
  connectTestKafka,
  createTestTopic,
  kafkaBrokers,
  realTiming,
  testCluster,
} from "../support/kafka_harness.ts";
import { until } from "../support/until.ts";

const options = {
  sessionTimeoutMs: 15_000,
  rebalanceTimeoutMs: 30_000,
  heartbeatIntervalMs: 200,
  standbyReplicas: 0,
};

/** Joins a group as a program would that is none of ours. */
async function joinWith(cluster: Cluster, groupId: string, metadata: Buffer): Promise<JoinedGroup> {
  let memberId = "";
  for (;;) {
    const request = joinRequest({
      ...options,
      groupId,
      memberId,
      assignor: "nearest-state-v1",
      metadata,
    });
    const answer = await cluster.onCoordinator(
      "group",
      groupId,
      (broker) => sendWire(broker, request),
    );
    if (answer.kind === "joined") return answer.group;
    memberId = answer.memberId;
  }
}

for (const size of [0, 1]) {
  // The leader ended with exit code 70, and the next leader too.
  Deno.test({
    name: `A member with ${size} bytes of metadata gets nothing, and the leader continues`,
    ignore: kafkaBrokers().length === 0,
    async fn() {
      await using kafka = connectTestKafka();
      const topic = await createTestTopic(kafka, 2);
      const groupId = uniqueName("app");
      const warnings: string[] = [];
      const logger: Logger = {
        ...silentLogger,
        warn: (message: string, fields?: LogFields) => {
          warnings.push(`${message} ${fields?.["memberId"]}`);
        },
      };
      const given: string[] = [];
      const listener: AssignmentListener = {
        held: () => Promise.resolve(new Map()),
        assigned: ({ active }) => Promise.resolve(void given.push(active.join())),
        lost: () => Promise.resolve(void given.push("lost")),
      };
      const stop = new AbortController();
      const member = new KafkaMembership(() => testCluster(), realTiming, logger, {
        ...options,
        groupId,
      });
      const running = member.run(topic, listener, stop.signal);
      try {
        await until(() => given.length === 1, { what: "assignment 1", msMax: 60_000 });
        await using cluster = testCluster();
        const stray = await joinWith(cluster, groupId, Buffer.alloc(size));
        await until(() => given.length === 2, { what: "assignment 2", msMax: 60_000 });
        assert.deepEqual(given, ["0,1", "0,1"]);
        assert.equal(warnings.filter((warning) => warning.endsWith(stray.memberId)).length, 1);
      } finally {
        stop.abort();
        await running;
      }
    },
  });
}

import assert from "node:assert/strict";
import type { BrokerOptions } from "../../src/kafka/wire/internals.ts";
import RequestQueue from "kafkajs/src/network/requestQueue/index.js";

Deno.test("createBroker() leaves kafkajs as it is for the program's other uses of it", async () => {
  const published = Object.getOwnPropertyDescriptors(RequestQueue.prototype);
  const { createBroker } = await import(
    "../../src/kafka/wire/internals.ts"
  );
  const logger: BrokerOptions["logger"] = { namespace: () => logger };
  const broker = createBroker({
    host: "broker",
    port: 9092,
    clientId: "test",
    logger,
    connectionTimeoutMs: 1,
    requestTimeoutMs: 1,
    socketMaker: () => assert.fail("nothing is connected"),
  });
  assert.deepEqual(Object.getOwnPropertyDescriptors(RequestQueue.prototype), published);
  for (const { requestQueue } of broker.connectionPool.pool) {
    assert.notEqual(
      requestQueue.scheduleCheckPendingRequests,
      RequestQueue.prototype.scheduleCheckPendingRequests,
    );
  }
});

/** What a runtime over Kafka makes of a job before it runs. */
import assert from "node:assert/strict";
import { kafka } from "../../src/runtime/kafka.ts";
import { job, stream, text } from "../../src/streams/mod.ts";
import { kafkaBrokers } from "../support/kafka_harness.ts";

// A bench that made the topics first, and then ran its jobs, found its own stores in use.
Deno.test({
  name: "open() of a runtime over Kafka can be repeated",
  ignore: kafkaBrokers().length === 0,
  async fn() {
    const name = `repeated-${crypto.randomUUID()}`;
    const copies = job(name).to(`${name}-copies`, stream(`${name}-lines`, text()));
    const stateDir = await Deno.makeTempDir({ prefix: "runtime-" });
    {
      await using runtime = await kafka({ brokers: kafkaBrokers(), stateDir });
      const [first] = await runtime.open([copies]);
      const [again] = await runtime.open([copies]);
      assert.equal(again?.ports.stores, first?.ports.stores);
    }
    await Deno.remove(stateDir, { recursive: true });
  },
});

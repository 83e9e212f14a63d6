import assert from "node:assert/strict";
import { dispositionOf, PipelineError } from "../../../src/base/errors.ts";
import { Secret } from "../../../src/base/secret.ts";
import { readProcessConfig } from "../../../src/app/process_config.ts";
import { packConfig, unpackConfig } from "../../../src/wiring/threads/methods.ts";
import { packError, unpackError } from "../../../src/wiring/threads/packed_error.ts";
import { ThreadLink } from "../../../src/wiring/threads/thread_link.ts";

interface Counting {
  add(count: number): Promise<number>;
  fail(): Promise<void>;
}

/** Both ends of a way, and how it is closed. */
function startPair() {
  const { port1, port2 } = new MessageChannel();
  let sum = 0;
  const heard: number[] = [];
  const own: Counting = {
    add: (count) => {
      heard.push(count);
      return Promise.resolve(sum += count);
    },
    fail: () =>
      Promise.reject(
        new PipelineError("SINK_UNAVAILABLE", "Cannot write", {
          cause: new Error("refused"),
          context: { host: "a" },
        }),
      ),
  };
  new ThreadLink<object>(port2, own);
  const link = new ThreadLink<Counting>(port1, {});
  const close = () => [port1, port2].forEach((port) => port.close());
  return { link, heard, [Symbol.dispose]: close };
}

Deno.test("ThreadLink calls in order and brings each result to its call", async () => {
  using pair = startPair();
  const { link, heard } = pair;
  link.tell("add", 1);
  assert.deepEqual(await Promise.all([link.call("add", 2), link.call("add", 3)]), [3, 6]);
  assert.deepEqual(heard, [1, 2, 3]);
});

Deno.test("ThreadLink brings an error whose code and causes are what they were", async () => {
  using pair = startPair();
  const error = await pair.link.call("fail").catch((error: unknown) => error);
  assert.ok(error instanceof PipelineError);
  assert.equal(error.code, "SINK_UNAVAILABLE");
  assert.equal(dispositionOf(error), "retry");
  assert.deepEqual(error.context, { host: "a" });
  assert.equal((error.cause as Error).message, "refused");
});

Deno.test("an error that is a bug keeps its name and stack, and stays one", () => {
  const bug = new TypeError("no such thing");
  const brought = unpackError(structuredClone(packError(bug)));
  assert.equal(brought.name, "TypeError");
  assert.equal(brought.stack, bug.stack);
  assert.ok(!(brought instanceof PipelineError));
  assert.equal(unpackError(structuredClone(packError("text"))).message, "text");
});

Deno.test("settings reach a thread with their secrets", () => {
  const config = readProcessConfig({
    KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
    KAFKA_SASL_MECHANISM: "PLAIN",
    KAFKA_USERNAME: "u",
    KAFKA_PASSWORD: "hunter22",
  });
  const reached = unpackConfig(structuredClone(packConfig(config)));
  assert.ok(reached.kafkaPassword instanceof Secret);
  assert.equal(reached.kafkaPassword.reveal(), "hunter22");
  assert.deepEqual(packConfig(reached), packConfig(config));
});

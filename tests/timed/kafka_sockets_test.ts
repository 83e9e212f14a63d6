// A request behind a fetch that waits was held back by Nagle's algorithm: 40 ms of each commit.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { socketMaker } from "../../src/kafka/wire/security.ts";
import { seconds } from "../support/seconds.ts";

const rounds = 20;
/** Below the least delay of an acknowledgement. */
const answerMsMax = 20;

Deno.test("a small request behind one without an answer is sent at once", async () => {
  const server = createServer((socket) => {
    let bytes = 0;
    socket.on("data", (chunk) => {
      bytes += chunk.length;
      if (bytes % 2 === 0) socket.write("answer to both");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { promise: connected, resolve } = Promise.withResolvers<void>();
  const socket = socketMaker({})({ host: "127.0.0.1", port, onConnect: resolve });
  await connected;
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const answered = once(socket, "data");
    const startedMs = performance.now();
    socket.write("1");
    await seconds(0.001);
    socket.write("2");
    await answered;
    tookMs.push(performance.now() - startedMs);
  }
  socket.destroy();
  server.close();
  const [median = Infinity] = tookMs.sort((a, b) => a - b).slice(rounds / 2);
  assert.ok(median < answerMsMax, `${median} ms`);
});

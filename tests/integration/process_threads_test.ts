import assert from "node:assert/strict";
import { readProcessConfig } from "../../src/app/process_config.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { SharedMembership } from "../../src/streams/assignment/shared_membership.ts";
import { loadThreads } from "../../src/wiring/threads/process_threads.ts";

const crashing = new URL("fixtures/crashing_thread.ts", import.meta.url).href;
const noGroup = { run: () => Promise.resolve(), reconsider() {}, ownerOf: () => undefined };

Deno.test("an error that nothing in a thread catches is one of the process, with its stack", async () => {
  const [thread] = await loadThreads(crashing, 1);
  const reported = Promise.withResolvers<ErrorEvent>();
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    reported.resolve(event);
  }, { once: true });
  void thread?.run({
    thread: 0,
    config: readProcessConfig({}),
    authorities: {},
    shared: new SharedMembership(noGroup, 1, []),
    signal: new AbortController().signal,
    logger: silentLogger,
    clock: systemClock,
    view: { told() {} },
  });
  const { error } = await reported.promise;
  assert.equal(error.name, "TypeError");
  assert.match(error.stack, /a bug of the thread[^]*crashing_thread\.ts/);
  thread?.end();
});

Deno.test("a thread whose code cannot be loaded is an error at the start", async () => {
  const missing = new URL("fixtures/no_such_thread.ts", import.meta.url).href;
  await assert.rejects(loadThreads(missing, 1), /a thread ended: .*no_such_thread/);
});

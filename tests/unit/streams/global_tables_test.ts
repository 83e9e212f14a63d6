import assert from "node:assert/strict";
import { silentLogger } from "../../../src/base/logger.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { globalTable, text } from "../../../src/streams/mod.ts";
import { GlobalTables } from "../../../src/streams/task/global_tables.ts";
import { MemoryLog, SimulatedClock } from "../../../src/streams/testing/mod.ts";
import { encodeText } from "../../../src/streams/text.ts";

const { signal } = new AbortController();

async function logOf(...names: string[]): Promise<MemoryLog> {
  const log = new MemoryLog();
  log.createTopic("names", 1);
  const value = encodeText("value");
  await log.append(
    names.map((name) => ({ topic: "names", timestampMs: 0, key: encodeText(name), value })),
  );
  return log;
}

function read(log: Pick<MemoryLog, "describe" | "bounds" | "open">, options = {}): GlobalTables {
  const clock = new SimulatedClock();
  return new GlobalTables({ log, clock, random: seededRandom(1), logger: silentLogger }, [
    globalTable("names", text(), options),
  ]);
}

Deno.test("a global table that is too large from its start fails whoever waits for it, and no one else", async () => {
  const log = await logOf("a", "b", "c");
  await using tables = read(log, { bytesMax: 300 });
  // No one waits yet: a rejection that no one handles would end the process.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  assert.throws(() => tables.bytesOf("names", "a"), { code: "TOPIC_UNSUITABLE" });
  await assert.rejects(tables.ready(signal), { code: "TOPIC_UNSUITABLE" });
});

Deno.test("global tables are closed when all of their readers are", async () => {
  const log = await logOf("a");
  let open = 0;
  const tables = read({
    describe: (topic) => log.describe(topic),
    bounds: (place) => log.bounds(place),
    open(place, from) {
      const reader = log.open(place, from);
      open += 1;
      return {
        next: (until) => reader.next(until),
        async [Symbol.asyncDispose]() {
          await new Promise((resolve) => setTimeout(resolve, 0));
          await reader[Symbol.asyncDispose]();
          open -= 1;
        },
      };
    },
  });
  await tables.ready(signal);
  assert.equal(open, 1);
  await tables[Symbol.asyncDispose]();
  assert.equal(open, 0);
});

import assert from "node:assert/strict";
import { LevelQueue } from "../../src/level/level_queue.ts";
import { encodeText, textOf } from "../../src/streams/text.ts";
import { type QueueHarness, testStoredQueue } from "../contract/stored_queue.ts";

async function temporaryQueue(): Promise<QueueHarness & { readonly folder: string }> {
  const folder = await Deno.makeTempDir({ prefix: "queue-" });
  return {
    folder,
    open: () => LevelQueue.open(folder),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

testStoredQueue("LevelQueue", temporaryQueue);

const all = { items: 1_000_000, bytes: Infinity };

Deno.test("LevelQueue keeps everything over a restart, and knows how much that is", async () => {
  await using place = await temporaryQueue();
  {
    await using queue = await place.open();
    await queue.append(Array.from({ length: 500 }, (_, i) => encodeText(`item ${i}`).slice()));
    await queue.remove(await queue.read(-1, { items: 100, bytes: Infinity }));
  }
  await using queue = await place.open();
  const items = await queue.read(-1, all);
  assert.equal(items.length, 400);
  assert.equal(queue.count, 400);
  assert.equal(queue.bytes, items.reduce((sum, { value }) => sum + value.length, 0));
  assert.equal(new TextDecoder().decode(items[0]?.value), "item 100");
  await queue.append([encodeText("another").slice()]);
  const ends = (await queue.read(-1, all)).slice(-2);
  assert.deepEqual(ends.map(({ value }) => textOf(value)), ["item 499", "another"]);
});

Deno.test("LevelQueue leaves a folder that it cannot read", async () => {
  await using place = await temporaryQueue();
  for (let i = 0; i < 2; i++) {
    await using queue = await place.open(); // the second time it moves the log into a table
    await queue.append([encodeText("item").slice()]);
  }
  for await (const { name } of Deno.readDir(place.folder)) {
    if (name.endsWith(".ldb")) await Deno.truncate(`${place.folder}/${name}`, 20);
  }
  for (let i = 0; i < 2; i++) await assert.rejects(place.open(), { code: "STORE_CORRUPT" });
});

Deno.test("LevelQueue refuses a folder that another queue has", async () => {
  await using place = await temporaryQueue();
  await using _first = await place.open();
  await assert.rejects(place.open(), { code: "STORE_LOCKED" });
});

Deno.test("LevelQueue marks a value that is not what was appended", async () => {
  await using place = await temporaryQueue();
  {
    await using queue = await place.open();
    await queue.append(["first", "second", "third"].map((text) => encodeText(text).slice()));
  }
  await (await place.open())[Symbol.asyncDispose](); // moves it from the write-ahead log to a table
  await flipBitOf(place.folder, "second");
  await using queue = await place.open();
  const items = await queue.read(-1, all);
  assert.deepEqual(items.map(({ damaged }) => damaged), [false, true, false]);
});

/** Flips a bit of a text in whichever file of a closed queue holds it. */
async function flipBitOf(folder: string, text: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    const bytes = await Deno.readFile(path);
    const at = new TextDecoder("latin1").decode(bytes).indexOf(text);
    if (at < 0) continue;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return await Deno.writeFile(path, bytes);
  }
  assert.fail(`no file holds ${text}`);
}

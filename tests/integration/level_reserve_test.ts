import assert from "node:assert/strict";
import { PipelineError } from "../../src/base/errors.ts";
import { LevelQueue } from "../../src/level/level_queue.ts";
import { withReserve } from "../../src/level/reserve.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "reserve-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The reserve as some start has left it. */
const kept = new Uint8Array(16 * 1024 * 1024).fill(1, 0, 1);

async function has(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Opens as on a full disk: only once the reserve is gone there is room. */
async function openFull(folder: string): Promise<string> {
  if (!await has(`${folder}/reserve`)) return "open";
  throw new PipelineError("STORE_UNAVAILABLE", "Cannot open: the disk is full");
}

Deno.test("withReserve() keeps room aside, and what is beside it works on", async () => {
  await inFolder(async (folder) => {
    for (let start = 0; start < 2; start++) {
      const { opened, reserved } = await withReserve(folder, () => LevelQueue.open(folder));
      await using queue = opened;
      assert(reserved);
      assert.equal(queue.count, start);
      await queue.append([new Uint8Array(3)]);
      // What is there is not written again: the room might be gone meanwhile.
      if (start === 0) await Deno.writeFile(`${folder}/reserve`, kept);
    }
    const reserve = await Deno.readFile(`${folder}/reserve`);
    assert.deepEqual([reserve.length, reserve[0]], [kept.length, 1]);
  });
});

Deno.test("withReserve() leaves nothing of a reserve for which there is no room", async () => {
  await inFolder(async (folder) => {
    await Deno.symlink("/dev/full", `${folder}/reserve`);
    const opened = await withReserve(folder, () => Promise.resolve("open"));
    assert.deepEqual(opened, { opened: "open", reserved: false });
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  });
});

Deno.test("withReserve() gives the room up where the disk is full, and takes none again then", async () => {
  // produce could not start on a full disk, although Kafka was back to take what it had spooled.
  await inFolder(async (folder) => {
    await withReserve(folder, () => Promise.resolve());
    const opened = await withReserve(folder, () => openFull(folder));
    assert.deepEqual(opened, { opened: "open", reserved: false });
    assert.ok(!await has(`${folder}/reserve`));
  });
});

Deno.test("withReserve() fails as opening does where there is no reserve, or another reason", async () => {
  await inFolder(async (folder) => {
    let tries = 0;
    const full = () => {
      tries += 1;
      return Promise.reject(new PipelineError("STORE_UNAVAILABLE", "Cannot open"));
    };
    await assert.rejects(withReserve(folder, full), { code: "STORE_UNAVAILABLE" });
    assert.equal(tries, 1);
    await withReserve(folder, () => Promise.resolve());
    const locked = () => Promise.reject(new PipelineError("STORE_LOCKED", "Cannot open"));
    await assert.rejects(withReserve(folder, locked), { code: "STORE_LOCKED" });
    assert.ok(await has(`${folder}/reserve`));
  });
});

import assert from "node:assert/strict";
import { sealValue } from "../../src/level/checked_value.ts";
import { closeDatabase, openDatabase, readAhead } from "../../src/level/database.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import type { StateStore } from "../../src/streams/ports.ts";
import { encodeText, textOf } from "../../src/streams/text.ts";
import { testStateStores } from "../contract/state_stores.ts";

const input = { topic: "t", partition: 3 };

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "level-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function fill(store: StateStore, count: number): Promise<void> {
  const entries = Array.from({ length: count }, (_, i) => ({
    key: encodeText(`k${String(i).padStart(6, "0")}`),
    value: encodeText(`value ${i} ${"x".repeat(100)}`),
  }));
  await store.apply(entries, { changelogPosition: count });
}

/** Flips one bit in every two thousand bytes, but for the index at the end. */
async function damage(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  for (let at = 500; at < bytes.length * 0.9; at += 2_000) bytes[at] = (bytes[at] ?? 0) ^ 4;
  await Deno.writeFile(path, bytes);
}

testStateStores("LevelStateStores", async () => {
  const folder = await Deno.makeTempDir({ prefix: "level-" });
  const stores = await LevelStateStores.open(folder, "app");
  return {
    stores,
    async [Symbol.asyncDispose]() {
      await stores[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
});

Deno.test("LevelStateStores keeps entries and checkpoint over a restart", () =>
  inFolder(async (folder) => {
    for (const round of [1, 2, 3]) {
      await using stores = await LevelStateStores.open(folder, "app");
      await using store = await stores.open(input, "id");
      // Enough for a table whose index would be compressed, which the check of tables does not read.
      if (round === 1) await fill(store, 1_000);
      assert.deepEqual(store.checkpoint, { changelogPosition: 1_000 });
      assert.match(new TextDecoder().decode(store.get(encodeText("k000007"))), /^value 7 /);
      const many = await store.getMany(["k000009", "none", "k000001"].map(encodeText));
      const texts = many.map((value) => value && new TextDecoder().decode(value).slice(0, 8));
      assert.deepEqual(texts, ["value 9 ", undefined, "value 1 "]);
      const range = { gte: encodeText("k000003"), lt: encodeText("k000008"), reverse: true };
      const keys: string[] = [];
      for await (const rows of store.scan({ ...range, limit: 2 })) {
        for (const { key } of rows) keys.push(new TextDecoder().decode(key));
      }
      assert.deepEqual(keys, ["k000007", "k000006"]);
    }
  }));

// Keys of records to come are read while the last commit is on its way into the store. A key that
// the store lacks, looked for before the end of the batch and compared after it, was "gone": the
// store was taken for damaged and rebuilt.
Deno.test.each(
  [{ first: "apply" }, { first: "getMany" }] as const,
)(
  "LevelStateStore.getMany() beside apply() finds what that leaves alone, $first first",
  (test) =>
    inFolder(async (folder) => {
      await using stores = await LevelStateStores.open(folder, "app");
      await using store = await stores.open(input, "id");
      const value = encodeText("value");
      const old = { key: encodeText("k4999"), value: encodeText("old") };
      await store.apply([{ key: encodeText("a"), value }, old], { changelogPosition: 1 });
      const entries = Array.from(
        { length: 5_000 },
        (_, i) => ({ key: encodeText(`k${i}`), value }),
      );
      const absent = Array.from({ length: 100 }, (_, i) => encodeText(`none ${i}`));
      const apply = () => {
        const applied = store.apply(entries, { changelogPosition: 2 });
        assert.match(textOf(store.get(old.key) ?? absent[0] as Uint8Array), /^(old|value)$/);
        return applied;
      };
      const read = () => store.getMany([old.key, encodeText("a"), ...absent]);
      const [many] = test.first === "apply"
        ? (await Promise.all([apply(), read()])).toReversed()
        : await Promise.all([read(), apply()]);
      const [changed, ...others] = many?.map((found) => found && textOf(found)) ?? [];
      assert.match(changed ?? "gone", /^(old|value)$/);
      assert.deepEqual(others, [
        "value",
        ...absent.map(() => undefined),
      ]);
    }),
);

Deno.test("LevelStateStores refuses a second process, and a second one of the same folder in this", () =>
  inFolder(async (folder) => {
    await using _stores = await LevelStateStores.open(folder, "app");
    await assert.rejects(LevelStateStores.open(`${folder}/../${folder.split("/").at(-1)}`, "app"), {
      code: "STORE_LOCKED",
    });
    const code = `
      import { LevelStateStores } from "${new URL(
      "../../src/level/state_store.ts",
      import.meta.url,
    )}";
      try { await LevelStateStores.open(${JSON.stringify(folder)}, "app"); console.log("opened"); }
      catch (error) { console.log(error.code); }`;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", code],
    }).output();
    assert.equal(new TextDecoder().decode(stdout).trim(), "STORE_LOCKED");
  }));

Deno.test("LevelStateStores refuses the store of another application or partition", () =>
  inFolder(async (folder) => {
    {
      await using stores = await LevelStateStores.open(folder, "app");
      await using store = await stores.open(input, "id");
      await fill(store, 1);
    }
    await Deno.rename(`${folder}/app/t-3`, `${folder}/app/t-4`);
    await using stores = await LevelStateStores.open(folder, "app");
    await assert.rejects(stores.open({ ...input, partition: 4 }, "id"), { code: "STORE_FOREIGN" });
  }));

Deno.test("LevelStateStores leaves a store to its next owner, also when it is closed once more", () =>
  inFolder(async (folder) => {
    await using stores = await LevelStateStores.open(folder, "app");
    const first = await stores.open(input, "id");
    await first[Symbol.asyncDispose]();
    await using _second = await stores.open(input, "id");
    await first[Symbol.asyncDispose]();
    await assert.rejects(stores.open(input, "id"), { code: "STORE_LOCKED" });
  }));

const [row, other] = [encodeText("k"), encodeText("l")];

/** As it was sealed, but for its last byte. */
const damagedRow = sealValue(row, row).with(-1, 0);

Deno.test.each([
  { why: "does not say whose it is", key: row, value: sealValue(row, row), code: "STORE_FOREIGN" },
  { why: "has a row that is not as it was sealed", applied: true, key: row, value: damagedRow },
  { why: "has a row too many", applied: true, key: other, value: sealValue(other, row) },
])(
  "LevelStateStores refuses a store that $why",
  ({ applied, key, value, code }) =>
    inFolder(async (folder) => {
      await using stores = await LevelStateStores.open(folder, "app");
      if (applied === true) {
        await using store = await stores.open(input, "id");
        await store.apply([{ key: row, value: row }], { changelogPosition: 1 });
      }
      const db = await openDatabase(`${folder}/app/t-3`);
      await db.put(key, value);
      await closeDatabase(db);
      await assert.rejects(stores.open(input, "id"), { code: code ?? "STORE_CORRUPT" });
    }),
);

Deno.test("LevelStateStore writes no batch behind one that has failed", () =>
  inFolder(async (folder) => {
    await using stores = await LevelStateStores.open(folder, "app");
    {
      await using store = await stores.open(input, "id");
      const bad = { key: null as unknown as Uint8Array, value: row };
      const applied = await Promise.allSettled([
        store.apply([{ key: row, value: row }], { changelogPosition: 1 }),
        store.apply([bad], { changelogPosition: 2 }),
        store.apply([{ key: other, value: row }], { changelogPosition: 3 }),
      ]);
      assert.deepEqual(applied.map(({ status }) => status), ["fulfilled", "rejected", "rejected"]);
    }
    await using again = await stores.open(input, "id");
    assert.deepEqual(again.checkpoint, { changelogPosition: 1 });
    const found = [row, other].map((key) => again.get(key)?.length);
    assert.deepEqual(found, [row.length, undefined]);
  }));

Deno.test("LevelStateStore notices that the disk loses a row while it is open", () =>
  inFolder(async (folder) => {
    const key = encodeText("key of a row").slice();
    for (const round of [1, 2]) {
      await using stores = await LevelStateStores.open(folder, "app");
      await using store = await stores.open(input, "id");
      if (round === 1) await store.apply([{ key, value: row }], { changelogPosition: 1 });
    }
    await using stores = await LevelStateStores.open(folder, "app");
    await using store = await stores.open(input, "id");
    await store.apply([{ key: other, value: row }], { changelogPosition: 2 });
    for (const path of await tablesIn(`${folder}/app/t-3`)) await renameKey(path, "key of a row");
    assert.throws(() => store.get(key), { code: "STORE_CORRUPT" });
    await assert.rejects(store.getMany([key]), { code: "STORE_CORRUPT" });
  }));

/** Makes the row of a key, which a table has as it is, that of another one. */
async function renameKey(path: string, key: string): Promise<void> {
  const at = new TextDecoder("latin1").decode(await Deno.readFile(path)).indexOf(key);
  using file = await Deno.open(path, { write: true });
  await file.seek(at, Deno.SeekMode.Start);
  await file.write(encodeText(key.toUpperCase()));
}

async function tablesIn(folder: string): Promise<string[]> {
  const files = await Array.fromAsync(Deno.readDir(folder));
  const tables = files.map(({ name }) => `${folder}/${name}`)
    .filter((path) => path.endsWith(".ldb"));
  assert.ok(tables.length > 0, "no table file was written");
  return tables;
}

// LevelDB may kill the process when it meets one.
Deno.test("LevelStateStores notices flipped bits in tables, and takes these away from LevelDB", () =>
  inFolder(async (folder) => {
    for (const round of [1, 2]) {
      await using stores = await LevelStateStores.open(folder, "app");
      await using store = await stores.open(input, "id");
      if (round === 1) await fill(store, 1_000);
    }
    const tables = await tablesIn(`${folder}/app/t-3`);
    for (const path of tables) await damage(path);
    await using stores = await LevelStateStores.open(folder, "app");
    await assert.rejects(stores.open(input, "id"), { code: "STORE_CORRUPT" });
    for (const path of tables) await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  }));

Deno.test("readAhead() does not care how a portion fails that no one asks for", async () => {
  let calls = 0;
  const nextv = () =>
    ++calls === 1 ? Promise.resolve([[row, row]] as [Uint8Array, Uint8Array][]) : Promise.reject();
  for await (const rows of readAhead({ nextv }, 1)) {
    assert.equal(rows.length, 1);
    break;
  }
  assert.equal(calls, 2);
});

Deno.test("LevelStateStores keeps a store beside whose tables a killed process left half of one", () =>
  inFolder(async (folder) => {
    {
      await using stores = await LevelStateStores.open(folder, "app");
      await using store = await stores.open(input, "id");
      await fill(store, 10);
    }
    await Deno.writeFile(`${folder}/app/t-3/000999.ldb`, new Uint8Array(5_000));
    await using stores = await LevelStateStores.open(folder, "app");
    await using store = await stores.open(input, "id");
    assert.deepEqual(store.checkpoint, { changelogPosition: 10 });
  }));

Deno.test("LevelStateStores recreates the lock of its folder when that is damaged", () =>
  inFolder(async (folder) => {
    {
      await using _stores = await LevelStateStores.open(folder, "app");
    }
    await Deno.writeTextFile(`${folder}/app/instance/CURRENT`, "garbage");
    await using stores = await LevelStateStores.open(folder, "app");
    await using store = await stores.open(input, "id");
    assert.equal(store.checkpoint, undefined);
  }));

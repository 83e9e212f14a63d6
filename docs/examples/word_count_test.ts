import assert from "node:assert/strict";
import { decodeText, type LogRecord } from "@finhub/streams";
import { TopologyTestDriver } from "@finhub/streams/testing";
import { wordCount } from "./word_count.ts";

const startMs = 2_000_000;

function line(value: string) {
  return { key: null, value };
}

function texts(records: readonly LogRecord[]): string[] {
  const text = (bytes: Uint8Array | null) => decodeText(bytes ?? new Uint8Array());
  return records.map(({ key, value }) => `${text(key)}=${text(value)}`);
}

Deno.test("job().to() writes a record of each row that a commit has changed", async () => {
  await using driver = await TopologyTestDriver.start(wordCount, { startMs });
  await driver.pipe(line("To be, or not to be"));
  await driver.commit(); // sends the words to their partitions
  await driver.commit();
  assert.deepEqual(texts(driver.log.visible("counts")).sort(), ["be=2", "not=1", "or=1", "to=2"]);
  await driver.pipe(line("be"));
  await driver.commit();
  await driver.commit();
  assert.deepEqual(texts(driver.log.visible("counts")).slice(4), ["be=3"]);
  assert.equal((await driver.value("be"))?.value, 3);
  assert.deepEqual(driver.rows, []);
});

for (const state of ["kept", "deleted"] as const) {
  for (const operation of ["before-end", "after-end", "store-applied"] as const) {
    Deno.test(`job().to() writes each record once over a crash at ${operation}, state ${state}`, async () => {
      await using driver = await TopologyTestDriver.start(wordCount, { startMs });
      await driver.pipe(line("a b"));
      await driver.commit();
      await driver.commit();
      await driver.pipe(line("a"));
      await driver.commit();
      driver.failNext(operation, { error: "crash" });
      await driver.commit();
      await driver.crash(0, { state });
      await driver.restart();
      await driver.commit();
      await driver.commit();
      assert.deepEqual(texts(driver.log.visible("counts")), ["a=1", "b=1", "a=2"]);
    });
  }
}

/** The example of `docs/ENGINE.md` as a program, on the embedded log and on Kafka. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { root } from "../../scripts/lib/source_files.ts";
import { uniqueName } from "../contract/log_harness.ts";
import { outputOf } from "../support/command.ts";
import { kafkaBrokers } from "../support/kafka_harness.ts";

const file = "docs/examples/sensor_averages/main.ts";
const leave = ["--ignore-env", "--allow-read", "--allow-write", "--allow-ffi"];

async function averages(args: readonly string[], more: readonly string[] = []): Promise<string[]> {
  const flags = ["run", "-q", "--no-prompt", ...leave, ...more];
  const text = await outputOf(Deno.execPath(), [...flags, join(root, file), ...args]);
  return text.trimEnd().split("\n");
}

Deno.test("the example prints averages, and the same ones from its state", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sensors-" });
  const first = await averages(["--data", folder]);
  assert.deepEqual(first.slice(0, 3), [
    "Minutes",
    "cellar 10:58  12.19 °C  6 readings",
    "cellar 10:59  12.47 °C  6 readings",
  ]);
  assert.equal(first.filter((line) => line.endsWith("12 readings")).length, 4);
  assert.equal(first.at(-1), "read 50, aggregated 48, late 1, deadLetters 1, duplicates 0");
  assert.deepEqual(await averages(["--data", folder]), first);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "the example runs on Kafka, and a second one restores its state there",
  ignore: kafkaBrokers().length === 0,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "sensors-" });
    const args = ["--kafka", kafkaBrokers().join(","), "--topic", uniqueName("sensors")];
    const first = await averages([...args, "--data", `${folder}/a`], ["--allow-net"]);
    assert.equal(first.at(-1), "read 50, aggregated 48, late 1, deadLetters 1, duplicates 0");
    const second = await averages([...args, "--data", `${folder}/b`], ["--allow-net"]);
    assert.equal(second.at(-1), "read 100, aggregated 48, late 1, deadLetters 1, duplicates 50");
    await Deno.remove(folder, { recursive: true });
  },
});

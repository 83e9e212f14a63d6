import { join } from "node:path";
import { root } from "../../scripts/lib/source_files.ts";
import { kafkaBrokers } from "./kafka_harness.ts";

/** Starts a job of `docs/examples` over the Kafka of the tests, its state in a folder. */
export function startExample(file: string, stateDir: string): Deno.ChildProcess {
  const program = join(root, "docs/examples", file);
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--no-check", program, stateDir, ...kafkaBrokers()],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

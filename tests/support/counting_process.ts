import { fileURLToPath } from "node:url";
import { Buffer } from "node:buffer";
import { LevelStateStores } from "../../src/level/state_store.ts";
import type { Checkpoint, RecordLog } from "../../src/streams/ports.ts";
import type { Offset, TopicPartition } from "../../src/streams/record.ts";
import { readAll } from "../contract/log_harness.ts";
import type { CountingJob } from "./counting_job.ts";

const program = fileURLToPath(new URL("../fault/fixtures/counting_program.ts", import.meta.url));

/** Runs the job in a process; says whether it ended by itself or was killed. */
export async function countingProcess(job: CountingJob): Promise<"done" | "killed"> {
  const { code, signal, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--no-check", program, JSON.stringify(job)],
    env: { NODE_OPTIONS: "--no-warnings" },
    stdin: "null",
  }).output();
  if (signal === "SIGKILL") return "killed";
  if (code === 0) return "done";
  throw new Error(`the job ended with ${code}: ${new TextDecoder().decode(stderr)}`);
}

/** Values by key, both as texts of their bytes. */
export type Contents = Map<string, string>;

/** All keys of the engine; the store's own begin with `!`. */
const everything = { gte: new Uint8Array([0x22]), lt: new Uint8Array([0xff]) };

/** What lies in a task's store, whose process must be gone. */
export async function storeContents(
  { stateDir, application, topic }: Pick<CountingJob, "stateDir" | "application" | "topic">,
  partition: number,
  changelogId: string,
): Promise<{ readonly contents: Contents; readonly checkpoint: Checkpoint | undefined }> {
  await using stores = await LevelStateStores.open(stateDir, application);
  await using store = await stores.open({ topic, partition }, changelogId);
  const contents: Contents = new Map();
  for await (const rows of store.scan(everything)) {
    for (const { key, value } of rows) contents.set(text(key), text(value));
  }
  return { contents, checkpoint: store.checkpoint };
}

/** The committed changelog, folded step by step. */
export class ChangelogFold {
  readonly contents: Contents = new Map();
  readonly #log: RecordLog;
  readonly #changelog: TopicPartition;
  #position: Offset = 0;

  constructor(log: RecordLog, changelog: TopicPartition) {
    this.#log = log;
    this.#changelog = changelog;
  }

  /** Id of the changelog topic, which its stores know, too. */
  async changelogId(): Promise<string> {
    return (await this.#log.describe(this.#changelog.topic)).id;
  }

  /** Applies what is committed before `end`; without it, all there is. */
  async advance(end: Offset = Infinity): Promise<void> {
    for (
      const { offset, key, value } of await readAll(this.#log, this.#changelog, this.#position)
    ) {
      if (offset >= end || key === null) continue;
      if (value === null) this.contents.delete(text(key));
      else this.contents.set(text(key), text(value));
      this.#position = offset + 1;
    }
  }
}

/** Keys whose value is not the same in both, or that only one of them has. */
export function differingKeys(a: Contents, b: Contents): string[] {
  const differing = [...a].filter(([key, value]) => b.get(key) !== value).map(([key]) => key);
  return [...differing, ...[...b.keys()].filter((key) => !a.has(key))];
}

/** One character per byte: cheap to compare, readable where the bytes are text. */
function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

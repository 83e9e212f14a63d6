/**
 * What a commit costs: requests and milliseconds, with explicit transactions and with V2.
 *
 *     KAFKA_URL=127.0.0.1:9092 deno task dev bench:engine bench/pipeline/commit_cost.ts --commits 300
 *
 * Both kinds alternate, commit by commit, over the same broker; each commit carries records of two
 * topics and the input position, as those of the market job do. "Pressed" commits follow one another
 * at once, so that each waits for the markers of the one before; "paced" ones come 50 ms apart.
 */
import { benchOptions } from "../bench_options.ts";
import { KafkaCommitLog } from "../../src/kafka/write/commit_log.ts";
import type { FencedWriter, Transaction } from "../../src/streams/ports.ts";
import { encodeText } from "../../src/streams/text.ts";
import { uniqueName } from "../../tests/contract/log_harness.ts";
import {
  connectTestKafka,
  createTestTopic,
  realTiming,
  testCluster,
  type TestClusterOptions,
  testProxy,
  transactionOptions,
} from "../../tests/support/kafka_harness.ts";
import { print } from "../../scripts/lib/print.ts";
import { median } from "./median.ts";

const values = benchOptions({
  measures: "What a commit costs, with explicit transactions and with V2.",
  command: "bench:engine bench/pipeline/commit_cost.ts",
}, {
  commits: { type: "string", default: "300", says: "how many commits of each kind" },
  records: { type: "string", default: "100", says: "records of a commit" },
});
const commits = Number(values.commits);
const records = Number(values.records);

/** One application whose commits are measured. */
interface Measured {
  readonly writer: FencedWriter;
  readonly times: number[];
  next: number;
}

await using kafka = connectTestKafka();
const [input, changelog, late] = await Promise.all(
  [1, 2, 3].map(async () => ({ topic: await createTestTopic(kafka, 1), partition: 0 })),
) as [Place, Place, Place];
type Place = { readonly topic: string; readonly partition: number };

function transaction(offset: number): Transaction {
  const value = encodeText("x".repeat(100));
  const record = { timestampMs: 0, key: encodeText("k"), value };
  return {
    records: [
      ...Array.from({ length: records }, () => ({ ...changelog, ...record })),
      { ...late, ...record },
    ],
    changelog,
    input,
    inputOffset: offset,
    metadata: (position) => `${position}`,
  };
}

async function commitOnce(measured: Measured): Promise<void> {
  const startedMs = performance.now();
  await measured.writer.commit(transaction(measured.next++));
  measured.times.push(performance.now() - startedMs);
}

async function measure(pauseMs: number): Promise<void> {
  await using explicitCluster = testCluster(undefined, { transactionsV2: false });
  await using v2Cluster = testCluster();
  const [explicit, v2] = await Promise.all(
    [explicitCluster, v2Cluster].map(async (cluster): Promise<Measured> => {
      const log = new KafkaCommitLog(cluster, uniqueName("app"), realTiming, transactionOptions);
      return { writer: await log.fence(input), times: [], next: 1 };
    }),
  ) as [Measured, Measured];
  const warmUps = Math.min(20, commits);
  for (let i = 0; i < commits + warmUps; i++) {
    for (const measured of [explicit, v2]) {
      await commitOnce(measured);
      if (pauseMs > 0) await commitPause(pauseMs);
    }
  }
  const [before, after] = [explicit, v2].map(({ times }) => median(times.slice(warmUps))) as [
    number,
    number,
  ];
  print(
    `${pauseMs > 0 ? "paced" : "pressed"}: explicit ${before.toFixed(2)} ms, ` +
      `V2 ${after.toFixed(2)} ms, ratio ${(after / before).toFixed(2)}`,
  );
}

function commitPause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Requests of one commit, counted at a proxy, once nothing has to be learnt any more. */
async function countRequests(options: TestClusterOptions): Promise<number> {
  await using proxy = testProxy();
  await using cluster = testCluster(proxy.port, options);
  const log = new KafkaCommitLog(cluster, uniqueName("app"), realTiming, transactionOptions);
  await using writer = await log.fence(input);
  await writer.commit(transaction(1));
  await commitPause(200);
  let requests = 0;
  proxy.verdict = () => {
    requests += 1;
    return "pass";
  };
  await writer.commit(transaction(2));
  return requests;
}

print(`${commits} commits of each kind, ${records} records`);
const explicit = await countRequests({ transactionsV2: false });
print(`requests: explicit ${explicit}, V2 ${await countRequests({})}`);
await measure(0);
await measure(50);

/** Runs of `process` itself over a topic that is full before, with its task's flags. */
import { HttpSchemaRegistry } from "../../src/registry/registry_client.ts";
import { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import type { OutputRecord } from "../../src/streams/record.ts";
import {
  connectTestKafka,
  createTestTopic,
  kafkaBrokers,
} from "../../tests/support/kafka_harness.ts";
import { ProcessInstance } from "../../tests/support/process_instance.ts";
import { Program } from "../../tests/support/program.ts";
import { appendAll } from "./append_all.ts";
import { listenerOn } from "./cpu_time.ts";

/** How long one run may take, ms. */
export const runMsMax = 600_000;

/** Kafka on this machine, for the time of processors that it takes; `undefined` if it is not here. */
export const brokerPid: number | undefined = listenerOn(Number(kafkaBrokers()[0]?.split(":")[1]));

/** A new topic with these records. */
export async function filledTopic(
  partitions: number,
  records: (topic: string, codec: AvroTradeCodec) => Iterable<OutputRecord>,
): Promise<string> {
  await using kafka = connectTestKafka();
  const topic = await createTestTopic(kafka, partitions);
  const url = Deno.env.get("SCHEMA_REGISTRY_URL") ?? "http://127.0.0.1:8081";
  const codec = await AvroTradeCodec.create({ registry: new HttpSchemaRegistry({ url }), topic });
  await using appender = kafka.appender();
  await appendAll(appender, records(topic, codec));
  return topic;
}

/** A topic, and who reads it. */
export interface ProcessRun {
  readonly topic: string;
  readonly partitions: number;
  /** Settings beside those of the topic. */
  readonly env: Readonly<Record<string, string>>;
}

/** Provides what the run needs, starts it with a state of its own, and ends it once it is measured. */
export async function measuredRun<T>(
  { topic, partitions, env: more }: ProcessRun,
  measure: (instance: ProcessInstance, program: Program) => Promise<T>,
): Promise<T> {
  const stateDir = await Deno.makeTempDir({ prefix: "bench-" });
  const env = {
    TOPIC_KAFKA: topic,
    TOPIC_PARTITIONS: String(partitions),
    STATE_DIR: stateDir,
    HTTP_PORT: "0",
    ...more,
  };
  await using provision = new Program("provision", { env });
  if (await provision.ended() !== 0) throw new Error(JSON.stringify(provision.log.slice(-5)));
  await using instance = new ProcessInstance(env);
  const program = instance.start();
  const measured = await measure(instance, program);
  await program.stop();
  await Deno.remove(stateDir, { recursive: true });
  return measured;
}

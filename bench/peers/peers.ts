import { join } from "node:path";
import { programCommand } from "../../scripts/lib/program_command.ts";
import { kafkaVersions } from "../../scripts/services/kafka.ts";
import type { Java } from "../../scripts/services/java.ts";
import type { JarList } from "../../scripts/services/maven.ts";

/** What one run of a peer works on. */
export interface RunPlace {
  /** As `services up` prints them. */
  readonly services: Readonly<Record<string, string>>;
  readonly topic: string;
  /** Names group and internal topics. */
  readonly application: string;
  /** Empty folder for the state. */
  readonly folder: string;
  /** A free port. */
  readonly port: number;
}

/** A program that does the work. */
export interface Peer {
  readonly name: string;
  /** Makes what it must find. */
  prepare(place: RunPlace): Promise<void>;
  /** Starts it. */
  spawn(place: RunPlace): Deno.ChildProcess;
  /** Ends it. @returns How many trades it counted in all windows. */
  stop(child: Deno.ChildProcess, place: RunPlace): Promise<number>;
}

/** What `/api/tasks` says, as far as it is looked at. */
interface TasksJson {
  readonly tasks: readonly { readonly counts: { readonly aggregated: number } }[];
}

/** Longest time from a transaction to the report of its task, ms. */
const reportMs = 3_000;

const root = join(import.meta.dirname ?? ".", "..", "..");

/** Jars of Kafka Streams, of the broker's own version, and of what reads Avro. */
export const streamsJars: JarList = {
  name: "kafka-streams",
  version: kafkaVersions.current,
  artifacts: [
    { group: "org.apache.kafka", name: "kafka-streams", version: kafkaVersions.current },
    { group: "org.apache.avro", name: "avro", version: "1.12.0" },
    { group: "org.slf4j", name: "slf4j-nop", version: "1.7.36" },
  ],
  downloadMegabytes: 85,
};

/** Kafka Streams at its defaults, with the heap that it needs. */
export function kafkaStreams(java: Java, lib: string): Peer {
  return {
    name: `Kafka Streams ${kafkaVersions.current}`,
    prepare: () => Promise.resolve(),
    spawn: ({ services, topic, application, folder }) =>
      new Deno.Command(java.command, {
        args: [
          ...["-Xmx512m", "-cp", `${lib}/*`, join(root, "bench/peers/Windows.java")],
          ...[services["KAFKA_URL"] ?? "", application, topic, folder],
          ...[join(root, "schemas/trade.avsc"), "1"],
        ],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      }).spawn(),
    async stop(child) {
      await child.stdin.close();
      const { stdout } = await child.output();
      return JSON.parse(new TextDecoder().decode(stdout)).trades;
    },
  };
}

/** `process` of this checkout, which writes no results either, and four candle lengths more. */
export function ownProcess(): Peer {
  const environmentOf = ({ services, topic, application, folder, port }: RunPlace) => ({
    ...services,
    TOPIC_KAFKA: topic,
    APPLICATION_ID: application,
    STATE_DIR: folder,
    RESULTS: "none",
    COMMIT_INTERVAL_MS: "1000",
    HTTP_PORT: String(port),
    LOG_LEVEL: "warn",
  });
  const command = (task: "process" | "provision", place: RunPlace) => {
    const { flags, entry } = programCommand(task);
    const env = { PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "" };
    return new Deno.Command(Deno.execPath(), {
      args: ["run", ...flags, entry],
      cwd: root,
      clearEnv: true,
      env: { ...env, ...environmentOf(place) },
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    });
  };
  return {
    name: "this engine",
    async prepare(place) {
      const { success } = await command("provision", place).output();
      if (!success) throw new Error("provision has failed");
    },
    spawn: (place) => command("process", place).spawn(),
    async stop(child, { port }) {
      // The task says so once its store has what the transaction has committed.
      await new Promise((resolve) => setTimeout(resolve, reportMs));
      const answer = await fetch(`http://127.0.0.1:${port}/api/tasks`);
      const { tasks }: TasksJson = await answer.json();
      child.kill("SIGTERM");
      await child.status;
      return tasks.reduce((sum, { counts }) => sum + counts.aggregated, 0);
    },
  };
}

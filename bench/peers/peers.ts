import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
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

/** What a peer says at its end. */
export interface Account {
  /** Trades in all its windows. */
  readonly trades: number;
  /** Records of the changelog that it restored a second, where it had to. */
  readonly restoredPerS: number | undefined;
}

/** A program that does the work. */
export interface Peer {
  readonly name: string;
  /** Makes what it must find. */
  prepare(place: RunPlace): Promise<void>;
  /** Starts it. */
  spawn(place: RunPlace): Deno.ChildProcess;
  /** Ends it, once it has its state. */
  stop(child: Deno.ChildProcess, place: RunPlace): Promise<Account>;
}

/** What `/api/tasks` says, as far as it is looked at. */
interface TasksJson {
  readonly tasks: readonly {
    readonly state: string;
    readonly counts: { readonly aggregated: number };
    readonly restore: { readonly records_per_second: number } | null;
  }[];
}

/** Longest time from a transaction to the report of its task, ms. */
const reportMs = 3_000;

/** Between two looks at a peer, ms. */
export const lookMs = 50;

/** Tasks of a `process` that has begun; it says of each what it does. */
async function tasksOf(port: number): Promise<TasksJson["tasks"]> {
  for (;;) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/api/tasks`);
      const { tasks }: TasksJson = await answer.json();
      if (tasks.length > 0) return tasks;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await sleep(lookMs);
  }
}

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
      const { trades, restored, restoreMs } = JSON.parse(new TextDecoder().decode(stdout));
      return { trades, restoredPerS: restored === 0 ? undefined : restored * 1_000 / restoreMs };
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
    const { flags, entry, env: own } = programCommand(task);
    const env = { ...own, PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "" };
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
      while ((await tasksOf(port)).some(({ state }) => state !== "running")) await sleep(lookMs);
      // The task says so once its store has what the transaction has committed.
      await sleep(reportMs);
      const tasks = await tasksOf(port);
      child.kill("SIGTERM");
      await child.status;
      const rates = tasks.map(({ restore }) => restore?.records_per_second ?? 0);
      return {
        trades: tasks.reduce((sum, { counts }) => sum + counts.aggregated, 0),
        restoredPerS: rates.reduce((sum, rate) => sum + rate, 0) || undefined,
      };
    },
  };
}

import { parseArgs } from "node:util";
import { PipelineError } from "../../src/base/errors.ts";
import { kafkaVersions } from "./kafka.ts";
import { SERVICE_NAMES, type ServiceName } from "./definition.ts";

/** What the command line asks for. */
export interface CliOptions {
  readonly command: "up" | "down" | "status" | "help";
  readonly dir: string;
  readonly services: readonly ServiceName[];
  readonly autoPorts: boolean;
  readonly kafkaBrokers?: number;
  readonly saveFile?: string;
  readonly wipe: boolean;
}

const MAX_BROKERS = 9;

/** Text of `--help`. */
export const HELP: string =
  `Kafka, a schema registry and Cassandra on this machine, for development and tests:
jars from Maven Central on a local Java 17.

Usage: deno task services up|down|status [options]

  up       start what is not running, wait until each answers its own protocol,
           print the settings by which the pipeline finds them
  down     stop what up started, and nothing else
  status   print a table; exit code 1 if something is down

Options
  --dir DIR           data, logs and state of this set          (default .services)
  --only LIST         of kafka,registry,cassandra               (default all)
  --ports default     9092, 8081, 9042 on 127.0.0.1             (default)
  --ports auto        any free ports
  --kafka-brokers N   1 to ${MAX_BROKERS} brokers                            (default 1)
  --save FILE         up: write the settings there as well
  --wipe              down: remove the data, too
  --help              this text

Environment
  JAVA_HOME                 a JDK 17; else java from the path
  SERVICES_CACHE            folder for downloads  (default .services/jars of the checkout)
  SERVICES_KAFKA_VERSION    on Maven Central    (default ${kafkaVersions.current}; tested: ${
    kafkaVersions.older.join(", ")
  })
  SERVICES_KAFKA_HEAP       Java heap, like 512m  (default 512m)
  SERVICES_REGISTRY_HEAP    likewise              (default 256m)
  SERVICES_CASSANDRA_HEAP   likewise              (default 1g)

Exit codes: 0 done or all up, 1 something failed or is down, 2 wrong arguments.
`;

/**
 * Reads the command line.
 *
 * @throws {PipelineError} `CONFIG_INVALID` naming the argument, its value and its form.
 */
export function parseCli(args: readonly string[]): CliOptions {
  const { values, positionals } = parseStrictly(args);
  if (values.help) return { ...DEFAULTS, command: "help" };
  return {
    command: parseCommand(positionals),
    dir: required("--dir", values.dir, "a folder"),
    services: parseServices(values.only),
    autoPorts: oneOf("--ports", values.ports, ["default", "auto"]) === "auto",
    wipe: values.wipe,
    ...optional("kafkaBrokers", parseBrokers(values["kafka-brokers"])),
    ...optional("saveFile", values.save),
  };
}

const DEFAULTS = {
  dir: ".services",
  services: SERVICE_NAMES,
  autoPorts: false,
  wipe: false,
} as const;

function parseStrictly(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        "dir": { type: "string", default: DEFAULTS.dir },
        "only": { type: "string", default: SERVICE_NAMES.join(",") },
        "ports": { type: "string", default: "default" },
        "kafka-brokers": { type: "string" },
        // Node takes --env-file for itself, wherever it stands.
        "save": { type: "string" },
        "wipe": { type: "boolean", default: false },
        "help": { type: "boolean", default: false },
      },
    });
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new PipelineError(
      "CONFIG_INVALID",
      `Cannot read the arguments as each must be listed by --help: ${text}`,
      { cause },
    );
  }
}

function parseCommand(positionals: readonly string[]): "up" | "down" | "status" {
  const [command = ""] = positionals;
  if (positionals.length > 1) throw invalid("command", positionals.join(" "), "one word");
  return oneOf("command", command, ["up", "down", "status"]);
}

function parseServices(list: string): ServiceName[] {
  const names = list.split(",").map((name) => name.trim());
  for (const name of names) oneOf("--only", name, SERVICE_NAMES);
  return SERVICE_NAMES.filter((name) => names.includes(name));
}

function parseBrokers(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[1-9]$/.test(value)) return Number(value);
  throw invalid("--kafka-brokers", value, `a number from 1 to ${MAX_BROKERS}`);
}

function required(name: string, value: string, form: string): string {
  if (value === "") throw invalid(name, value, form);
  return value;
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw invalid(name, value, `one of ${allowed.join(", ")}`);
  return found;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : { [key]: value } as { [P in K]: V };
}

function invalid(name: string, value: string, form: string): PipelineError {
  return new PipelineError(
    "CONFIG_INVALID",
    `Cannot use ${name} as it must be ${form}: "${value}" (see --help)`,
    { context: { argument: name } },
  );
}

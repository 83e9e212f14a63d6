import type { ProcessConfig } from "../../src/app/process_config.ts";
import type { ProduceConfig } from "../../src/app/produce_config.ts";

/** What a program needs of the machine with its present settings. */
export interface Needs {
  /** `host:port` each. */
  readonly hosts: readonly string[];
  /** Folders and files it reads; those it writes are among them. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** By which LevelDB's package tells the C library, and with it which of its files to load. */
const libcMark = "/etc/alpine-release";

/** What `produce` needs: the feed, the brokers, the registry, its spool and its own port. */
export function needsOfProduce(config: ProduceConfig): Needs {
  const { brokers, registryUrl, finnhubUrl, spoolDir, symbolsFile } = config;
  return {
    hosts: [...brokers, hostOf(registryUrl), hostOf(finnhubUrl), ownPort(config)],
    reads: [spoolDir, ...given(symbolsFile, config.kafkaCaFile, config.registryCaFile)],
    writes: [spoolDir],
  };
}

/** What `process` needs: the brokers, the registry, Cassandra, its state and its own port. */
export function needsOfProcess(config: ProcessConfig): Needs {
  const { brokers, registryUrl, cassandraHosts, cassandraPort, stateDir } = config;
  const nodes = cassandraHosts.map((host) => `${host}:${cassandraPort}`);
  return {
    hosts: [...brokers, hostOf(registryUrl), ...nodes, ownPort(config)],
    reads: [stateDir, ...given(config.kafkaCaFile, config.registryCaFile, config.cassandraCaFile)],
    writes: [stateDir],
  };
}

/**
 * A task's command with the flags that allow everything narrowed to what is needed.
 *
 * @param packages Folder of the npm packages: LevelDB's native part is loaded from there.
 * @param also Hosts that nobody can know from the settings: brokers and nodes named by the cluster.
 */
export function narrowed(
  command: string,
  needs: Needs,
  { packages, also = [] }: { readonly packages: string; readonly also?: readonly string[] },
): string {
  const flags: Readonly<Record<string, readonly string[]>> = {
    "--allow-net": [...needs.hosts, ...also],
    "--allow-read": [...needs.reads, packages, libcMark],
    "--allow-write": needs.writes,
    "--allow-ffi": [packages],
  };
  return command.split(" ").map((word) => {
    const values = flags[word];
    return values === undefined ? word : `${word}=${[...new Set(values)].join(",")}`;
  }).join(" ");
}

function given(...files: readonly (string | undefined)[]): string[] {
  return files.filter((file) => file !== undefined);
}

function ownPort(
  { httpHost, httpPort }: { readonly httpHost: string; readonly httpPort: number },
): string {
  return `${httpHost}:${httpPort}`;
}

const portOfScheme: Readonly<Record<string, string>> = {
  "http:": "80",
  "https:": "443",
  "ws:": "80",
  "wss:": "443",
};

function hostOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || portOfScheme[protocol]}`;
}

import type { ConnectionOptions } from "node:tls";
import { auth, Client, type ClientOptions, policies, types } from "cassandra-driver";
import { PipelineError } from "../base/errors.ts";
import type { Secret } from "../base/secret.ts";
import { cassandraError } from "./errors.ts";
import { endClient } from "./internals.ts";
import { explained } from "./tls_probe.ts";

/** Where the cluster is and who we are. */
export interface ClusterOptions {
  /** Host names or addresses, at least one; the others are found through them. */
  readonly contactPoints: readonly string[];
  readonly port: number;
  /** The data centre whose nodes do our work. */
  readonly datacenter: string;
  readonly credentials?: { readonly username: string; readonly password: Secret };
  /** Encryption; the nodes' certificates are checked. */
  readonly tls?: {
    /** PEM of the authorities that count; without it those of the system. */
    readonly authorities?: string;
  };
}

/** How long a connection may take to open, ms. */
const connectTimeoutMs = 5_000;

/** How long an answer may take before the host is given up for this statement, ms. */
const readTimeoutMs = 12_000;

/**
 * Waits between tries to reach a host that went down, ms. The driver's own maximum is ten minutes.
 * `shutdown()` does not end such a wait, so the maximum is also what it may delay the end of the
 * process.
 */
const reconnectDelayMs = { base: 500, max: 5_000 };

/**
 * Connects to the nodes of one data centre. Owner of the client: the caller.
 *
 * @throws {PipelineError} `SINK_UNAVAILABLE` when no host answers, `SINK_REJECTED` when one refuses
 *   us, `CONFIG_INVALID` when the cluster has no such data centre.
 */
export async function connectClient(options: ClusterOptions): Promise<Client> {
  await explained(options, () => checkDataCenter(options));
  const client = await connected({
    ...baseOptions(options),
    localDataCenter: options.datacenter,
    policies: {
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(
        reconnectDelayMs.base,
        reconnectDelayMs.max,
      ),
    },
  });
  releaseRemovedHosts(client);
  return client;
}

/**
 * Closes hosts that the driver has replaced.
 *
 * After an outage of every host, cassandra-driver 4.10 makes new host objects and forgets the old
 * ones with their timers and connections, which then outlive `shutdown()`.
 */
function releaseRemovedHosts(client: Client): void {
  const waitForPending = true;
  client.on("hostRemove", (host: { shutdown(waitForPending: boolean): Promise<void> }) => {
    void host.shutdown(waitForPending);
  });
}

/**
 * Looks at the cluster with a client that takes any data centre.
 *
 * A client with a wrong `localDataCenter` fails to connect, but cassandra-driver 4.10 leaves its
 * first connection open even after `shutdown()`, so that the process never ends.
 */
async function checkDataCenter(options: ClusterOptions): Promise<void> {
  const client = await connected({
    ...baseOptions(options),
    isMetadataSyncEnabled: false,
    policies: { loadBalancing: new policies.loadBalancing.RoundRobinPolicy() },
    pooling: { warmup: false },
  });
  const names = new Set(client.hosts.values().map(({ datacenter }) => datacenter));
  await endClient(client);
  if (!names.has(options.datacenter)) throw unknownDataCenter(options.datacenter, [...names]);
}

function unknownDataCenter(name: string, names: readonly string[]): PipelineError {
  return new PipelineError(
    "CONFIG_INVALID",
    `Cannot use data centre "${name}" as CASSANDRA_DATACENTER must be one of the cluster's: ` +
      names.toSorted().join(", "),
    { context: { variable: "CASSANDRA_DATACENTER" } },
  );
}

function baseOptions(options: ClusterOptions): ClientOptions {
  const { credentials, tls } = options;
  return {
    contactPoints: [...options.contactPoints],
    protocolOptions: { port: options.port },
    socketOptions: { connectTimeout: connectTimeoutMs, readTimeout: readTimeoutMs },
    queryOptions: {
      prepare: true,
      isIdempotent: true,
      consistency: types.consistencies.localQuorum,
    },
    ...tls === undefined ? {} : { sslOptions: sslOptions(tls) },
    ...credentials === undefined ? {} : {
      authProvider: new auth.PlainTextAuthProvider(
        credentials.username,
        credentials.password.reveal(),
      ),
    },
  };
}

/** The driver checks no certificate unless it is asked to. */
function sslOptions({ authorities }: NonNullable<ClusterOptions["tls"]>): ConnectionOptions {
  return {
    rejectUnauthorized: true,
    ...authorities === undefined ? {} : { ca: authorities },
  };
}

async function connected(options: ClientOptions): Promise<Client> {
  const client = new Client(options);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await endClient(client);
    throw cassandraError("connect to Cassandra", error);
  }
}

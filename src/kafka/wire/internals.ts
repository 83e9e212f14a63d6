/**
 * The slice of kafkajs that this folder stands on, with types of our own.
 *
 * Nothing else imports kafkajs. What is used: its connections (framing, time-outs, throttling,
 * TLS, SASL), its broker object and its encoders of the small requests. What is not: its
 * clients (`Producer`, `Consumer`, `Admin`), their retries and its metadata cache. What is changed,
 * is changed on our own objects: a program that uses kafkajs besides has it as it was published.
 *
 * @see docs/adr/0002-kafkajs-as-protocol-library.md
 */
import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { systemClock } from "../../base/clock.ts";
import { type ClusterFeatures, featuresRequest } from "./features_protocol.ts";
import { checkRelease, negotiate, type SpokenVersions } from "./versions.ts";
import { decodeAnswer, encodeRequest, type WireRequest } from "./wire_request.ts";
import BrokerClass from "kafkajs/src/broker/index.js";
import plain from "kafkajs/src/broker/saslAuthenticator/plain.js";
import scram256 from "kafkajs/src/broker/saslAuthenticator/scram256.js";
import scram512 from "kafkajs/src/broker/saslAuthenticator/scram512.js";
import loggers from "kafkajs/src/loggers/index.js";
import ConnectionPoolClass from "kafkajs/src/network/connectionPool.js";

/** A request as kafkajs's connections take it. */
interface ProtocolRequest {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
  };
  readonly response: {
    readonly decode: (payload: Buffer) => Promise<object>;
    readonly parse: (decoded: object) => Promise<unknown>;
  };
  readonly requestTimeout: number | null;
  readonly logResponseError: boolean;
}

interface Connection {
  readonly requestQueue: RequestQueue;
  readonly socket?: { destroy(reason?: Error): void };
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  rejectRequests(error: Error): void;
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: unknown;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

interface ConnectionPool {
  readonly host: string;
  readonly port: number;
  readonly pool: readonly Connection[];
  send(request: ProtocolRequest): Promise<unknown>;
}

interface TopicPartitions<P> {
  readonly topic: string;
  readonly partitions: readonly P[];
}

/** A setting of a topic. */
interface ConfigEntry {
  readonly configName: string;
  readonly configValue: string | null;
}

interface TopicCreation {
  readonly topic: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configEntries: readonly { readonly name: string; readonly value: string }[];
}

/**
 * A right of a user, its words as the numbers of the protocol.
 *
 * @see org.apache.kafka.common.acl and org.apache.kafka.common.resource
 */
export interface AclEntry {
  /** `User:` and the name. */
  readonly principal: string;
  /** From where; `*` is everywhere. */
  readonly host: string;
  /** 3 allows. */
  readonly permissionType: number;
  /** What may be done. */
  readonly operation: number;
  /** With what kind of thing. */
  readonly resourceType: number;
  /** 3: the one of that name; 4: all whose names begin so. */
  readonly resourcePatternType: number;
  /** The name of the thing, or its beginning. */
  readonly resourceName: string;
}

/** One broker: kafkajs's object, as far as we use it. */
export interface Broker {
  readonly connectionPool: ConnectionPool;
  /** Known once it is connected. */
  readonly versions: SpokenVersions | null;
  /** Known once it is connected. */
  readonly features?: ClusterFeatures;
  connect(): Promise<void>;
  isConnected(): boolean;
  findGroupCoordinator(
    request: { readonly groupId: string; readonly coordinatorType: number },
  ): Promise<
    {
      readonly coordinator: {
        readonly nodeId: number;
        readonly host: string;
        readonly port: number;
      };
    }
  >;
  syncGroup(request: {
    readonly groupId: string;
    readonly generationId: number;
    readonly memberId: string;
    readonly groupAssignment: readonly {
      readonly memberId: string;
      readonly memberAssignment: Buffer;
    }[];
  }): Promise<{ readonly memberAssignment: Buffer }>;
  heartbeat(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
  }): Promise<unknown>;
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
  deleteTopics(
    request: { readonly topics: readonly string[]; readonly timeout: number },
  ): Promise<unknown>;
  describeGroups(
    request: { readonly groupIds: readonly string[] },
  ): Promise<{ readonly groups: readonly { readonly members: readonly unknown[] }[] }>;
  createAcls(request: { readonly acl: readonly AclEntry[] }): Promise<unknown>;
  createPartitions(
    request: {
      readonly topicPartitions: readonly { readonly topic: string; readonly count: number }[];
      readonly timeout: number;
    },
  ): Promise<unknown>;
  createTopics(
    request: { readonly topics: readonly TopicCreation[]; readonly timeout: number },
  ): Promise<unknown>;
  deleteRecords(
    request: {
      readonly topics: readonly TopicPartitions<
        { readonly partition: number; readonly offset: string }
      >[];
    },
  ): Promise<unknown>;
  describeConfigs(
    request: { readonly resources: readonly { readonly type: number; readonly name: string }[] },
  ): Promise<{ readonly resources: readonly { readonly configEntries: readonly ConfigEntry[] }[] }>;
}

/** Sends one of our own requests over a broker's connection, in the newest version both know. */
export async function sendWire<T>(broker: Broker, wire: WireRequest<T>): Promise<T> {
  const version = negotiate(wire, broker.versions ?? {}, addressOf(broker));
  const body = encodeRequest(wire, version);
  const answer = await broker.connectionPool.send({
    request: {
      apiKey: wire.apiKey,
      apiVersion: version,
      apiName: wire.apiName,
      encode: () => Promise.resolve({ buf: body, buffer: body }),
    },
    response: {
      decode: (payload) => Promise.resolve({ value: decodeAnswer(wire, version, payload) }),
      parse: (decoded) => Promise.resolve(decoded),
    },
    requestTimeout: wire.timeoutMs ?? null,
    logResponseError: false,
  });
  return (answer as { readonly value: T }).value;
}

function addressOf({ connectionPool: { host, port } }: Broker): string {
  return `${host}:${port}`;
}

/** A line of kafkajs's log. */
export interface KafkajsLogEntry {
  readonly level: number;
  readonly namespace: string;
  readonly log: Readonly<Record<string, unknown>> & { readonly message: string };
}

interface KafkajsLogger {
  namespace(name: string): KafkajsLogger;
}

/** kafkajs's log levels. */
export const kafkajsLevels: {
  readonly ERROR: number;
  readonly WARN: number;
  readonly INFO: number;
  readonly DEBUG: number;
} = loggers.LEVELS;

/** A kafkajs logger that hands every line at or above `level` to `sink`. */
export function createKafkajsLogger(
  level: number,
  sink: (entry: KafkajsLogEntry) => void,
): KafkajsLogger {
  return loggers.createLogger({ level, logCreator: () => sink }) as KafkajsLogger;
}

/** Opens a socket; `onConnect` once bytes may be sent. */
export type SocketMaker = (
  options: { readonly host: string; readonly port: number; readonly onConnect: () => void },
) => Socket;

/** One step of a login: what is sent, and how the answer is read. */
export interface SaslExchange {
  readonly request: object;
  readonly response?: object;
}

interface SaslContext {
  readonly host: string;
  readonly port: number;
  readonly logger: KafkajsLogger;
  readonly saslAuthenticate: (exchange: SaslExchange) => Promise<unknown>;
}

type SaslProvider = (context: SaslContext) => { authenticate(): Promise<void> };

/** A login as kafkajs takes it. */
export interface SaslOptions {
  readonly mechanism: string;
  readonly authenticationProvider: SaslProvider;
}

type SaslProviderMaker = (
  login: { readonly username: string; readonly password: string },
) => SaslProvider;

/** kafkajs's own logins by their names in the protocol. */
export const saslProviders: {
  readonly PLAIN: SaslProviderMaker;
  readonly "SCRAM-SHA-256": SaslProviderMaker;
  readonly "SCRAM-SHA-512": SaslProviderMaker;
} = {
  PLAIN: plain as SaslProviderMaker,
  "SCRAM-SHA-256": scram256 as SaslProviderMaker,
  "SCRAM-SHA-512": scram512 as SaslProviderMaker,
};

/**
 * How long before the end of its session a connection logs in again, ms. kafkajs does so 10 s
 * before, which is at once where a session (`connections.max.reauth.ms`) is shorter; a broker
 * refuses a second login within a second of the first (ILLEGAL_SASL_STATE).
 *
 * @see KIP-368
 */
const reauthenticationMs = 1_000;

/** What a connection to a broker is made from. */
export interface BrokerOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly logger: KafkajsLogger;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly socketMaker: SocketMaker;
  readonly sasl?: SaslOptions;
}

/** A broker that is not connected yet. */
export function createBroker(options: BrokerOptions): Broker {
  const { connectionTimeoutMs, requestTimeoutMs, socketMaker, sasl = null, ...rest } = options;
  const connectionPool = new ConnectionPoolClass(
    {
      ...rest,
      ssl: null,
      sasl,
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      reauthenticationThreshold: reauthenticationMs,
      socketFactory: socketMaker,
    } as never,
  );
  const broker = new BrokerClass(
    { connectionPool, logger: options.logger, allowAutoTopicCreation: false } as never,
  ) as unknown as Broker;
  for (const { requestQueue } of broker.connectionPool.pool) {
    Object.assign(requestQueue, { scheduleCheckPendingRequests });
  }
  return understood(broker);
}

/** How often a queue looks whether it may send again, ms; kafkajs's own figure. */
const checkPendingMs = 10;

/**
 * kafkajs arms a timer after every response, even with nothing to send, and with a delay far
 * below zero, of which the runtime warns (tulios/kafkajs#1751). Here it is armed when needed.
 */
function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
  this.throttleCheckTimeoutId = setTimeout(() => {
    this.throttleCheckTimeoutId = null;
    this.checkPendingRequests();
  }, Math.max(checkPendingMs, this.throttledUntil - systemClock.nowMs()));
}

/**
 * Checks the broker's release and learns the cluster's features at each connect, and sends nothing
 * that the broker has dropped.
 */
function understood(broker: Broker): Broker {
  const pool = broker.connectionPool;
  const [connect, send] = [broker.connect.bind(broker), pool.send.bind(pool)];
  Object.assign(pool, {
    send: async (request: ProtocolRequest) => {
      const { apiKey, apiName, apiVersion } = request.request;
      const versions = { min: apiVersion, max: apiVersion };
      if (broker.versions !== null) {
        negotiate({ apiKey, apiName, versions }, broker.versions, addressOf(broker));
      }
      return await send(request);
    },
  });
  return Object.assign(broker, {
    connect: async () => {
      await connect();
      if (broker.versions) checkRelease(broker.versions, addressOf(broker));
      const features = await sendWire(broker, featuresRequest);
      Object.assign(broker, { features });
    },
  });
}

/** Ends the opening of a broker's connections at once: what waits for it is rejected. */
export function cutOpening(broker: Broker, reason: Error): void {
  for (const connection of broker.connectionPool.pool) {
    Object.assign(connection, { connect: () => Promise.reject(reason) });
    connection.socket?.destroy(reason);
  }
}

/**
 * Ends a broker's connections at once; requests on their way are rejected.
 *
 * A broker must not be used again afterwards: kafkajs keeps the half-read frame of a cut
 * connection and would read the next one's bytes as its rest.
 */
export async function closeBroker(broker: Broker, reason: Error): Promise<void> {
  for (const connection of broker.connectionPool.pool) {
    connection.rejectRequests(reason);
    await connection.disconnect();
    connection.socket?.destroy();
  }
}

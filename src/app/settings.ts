/**
 * Every environment variable of the pipeline, once: name, form, default and meaning.
 *
 * `FINHUB_*`, `KAFKA_URL`, `TOPIC_KAFKA`, `SCHEMA_*` and `FIRST_RUN` keep the names, defaults and
 * meaning of the Python producer that this pipeline replaces.
 */
import { Secret } from "../base/secret.ts";
import {
  boolean,
  distinctList,
  durationSeconds,
  feedSymbol,
  host,
  hostAndPort,
  hostOrSuffix,
  integer,
  nonEmpty,
  oneOf,
  serverUrl,
  topicName,
  url,
} from "./forms.ts";
import type { Setting } from "./setting.ts";

/** Tables for raw trades: the dashboards' one with a lifetime, and the long-term one by day. */
export type TradesTable = "recent" | "history";

/** Which trades may move prices and volume: all, or those whose condition codes let them. */
export type ConditionPolicy = "all" | "consolidated";

/** Copies of each topic's data; `auto` leaves the number to the size of the cluster. */
export type TopicReplication = number | "auto";

/** A market worth looking at; the original's compose file subscribes these. */
export const demoSymbols = "BINANCE:BTCUSDT,AAPL,AMZN,ETHBTC";

export const finnhubSymbols: Setting<readonly string[]> = {
  variable: "FINHUB_SYMBOLS",
  group: "feed",
  form: "a comma list of symbols, each once",
  meaning: "symbols to subscribe to; Finnhub's free plan allows 50",
  defaultText: "BINANCE:BTCUSDT,AAPL",
  parse: distinctList(feedSymbol),
};

export const finnhubSymbolsFile: Setting<string | undefined> = {
  variable: "FINHUB_SYMBOLS_FILE",
  group: "feed",
  path: "file",
  form: "a file of symbols, one a line or between commas; # starts a comment",
  meaning: "symbols to subscribe to instead of FINHUB_SYMBOLS; a change takes effect at once",
  parse: nonEmpty,
};

/** What all texts that are never shown have in common. */
export const secretText: {
  readonly form: string;
  readonly secret: true;
  readonly parse: (text: string) => Secret | undefined;
} = {
  form: "a password",
  secret: true,
  parse: (text) => text === "" ? undefined : new Secret(text),
};

const finnhubKeyBase = {
  ...secretText,
  variable: "FINHUB_SECRET_KEY",
  group: "feed",
  form: "a Finnhub API key",
} as const;

export const finnhubKey: Setting<Secret> = {
  ...finnhubKeyBase,
  meaning: "the key that opens the feed; one key allows one connection",
  required: true,
};

export const finnhubKeyOptional: Setting<Secret | undefined> = {
  ...finnhubKeyBase,
  meaning: "the key that opens the feed; without it the market is simulated",
};

export const acceptedKey: Setting<Secret | undefined> = {
  ...finnhubKeyBase,
  variable: "FEED_KEY",
  option: "--key",
  form: "a key",
  meaning: "the only key that clients may use; without it every key is accepted",
};

export const finnhubUrl: Setting<string> = {
  variable: "FINHUB_API_URL",
  group: "feed",
  host: "url",
  form: "a ws:// or wss:// URL",
  meaning: "where the feed is; the key is added to it",
  defaultText: "wss://ws.finnhub.io?token=",
  parse: url(["ws:", "wss:"]),
};

export const finnhubTrace: Setting<boolean> = {
  variable: "FINHUB_TRACE",
  group: "feed",
  form: "true or false",
  meaning: "log every message of the feed, at level debug",
  defaultText: "false",
  parse: boolean,
};

export const firstRun: Setting<boolean> = {
  variable: "FIRST_RUN",
  group: "registry",
  form: "true or false",
  meaning: "register the schema under SCHEMA_SUBJECT_NAME, too, once at the start",
  defaultText: "true",
  parse: boolean,
};

export const schemaSubjectName: Setting<string> = {
  variable: "SCHEMA_SUBJECT_NAME",
  group: "registry",
  form: "a subject name",
  meaning: "subject for FIRST_RUN; records use the subject <topic>-value",
  defaultText: "trade_schema",
  parse: nonEmpty,
};

export const registryUrl: Setting<string> = {
  variable: "SCHEMA_REGISTRY_URL",
  group: "registry",
  form: "an http:// or https:// URL",
  meaning: "schema registry with Confluent's API",
  defaultText: "http://schema-registry:8081",
  parse: url(["http:", "https:"]),
};

export const kafkaBrokers: Setting<readonly string[]> = {
  variable: "KAFKA_URL",
  group: "kafka",
  form: "host:port[,host:port…], each once",
  meaning: "Kafka brokers to contact first",
  defaultText: "kafka-0:9092,kafka-1:9092",
  parse: distinctList(hostAndPort),
};

export const inputTopic: Setting<string> = {
  variable: "TOPIC_KAFKA",
  group: "kafka",
  form: "a topic name (letters, digits, dot, underscore, dash; 200 at most)",
  meaning: "topic of the trades; <topic>-late and <topic>-dead-letters belong to it",
  defaultText: "trade1",
  parse: topicName,
};

export const topicPartitions: Setting<number> = {
  variable: "TOPIC_PARTITIONS",
  group: "kafka",
  form: "a whole number from 1 to 1000",
  meaning: "partitions of a new input topic: how many instances can share the work",
  defaultText: "2",
  parse: integer(1, 1000),
};

export const topicReplication: Setting<TopicReplication> = {
  variable: "TOPIC_REPLICATION",
  group: "kafka",
  form: "a whole number from 1 to 9, or auto",
  meaning: "copies of each new topic's data; auto is one per broker, at most 3",
  defaultText: "auto",
  parse: (text) => text === "auto" ? text : integer(1, 9)(text),
};

export const applicationId: Setting<string> = {
  variable: "APPLICATION_ID",
  group: "engine",
  form: "a name (letters, digits, dot, underscore, dash; 200 at most)",
  meaning: "consumer group, and prefix of internal topics and transactional ids",
  defaultText: "market",
  parse: topicName,
};

export const stateDir: Setting<string> = {
  variable: "STATE_DIR",
  group: "engine",
  path: "folder",
  form: "a folder",
  meaning: "local state; can be deleted while nothing runs, the changelog restores it",
  defaultText: ".data/state",
  parse: nonEmpty,
};

export const standbyReplicas: Setting<number> = {
  variable: "STANDBY_REPLICAS",
  group: "engine",
  form: "a whole number from 0 to 9",
  meaning:
    "number of other instances that keep a copy of each partition's state, ready to take over when its " +
    "own fails; the same in all instances",
  defaultText: "1",
  parse: integer(0, 9),
};

/** More than any machine that this runs on has use for; each takes memory. */
const threadsMax = 64;

/** Threads that process; `auto` leaves one core to the rest. */
export type ProcessThreads = number | "auto";

export const processThreads: Setting<ProcessThreads> = {
  variable: "PROCESS_THREADS",
  group: "engine",
  form: `a whole number from 1 to ${threadsMax}, or auto`,
  meaning: "threads that share the partitions of an instance, no more than there are partitions; " +
    "auto is one less than there are processor cores, from 1 to 4",
  defaultText: "auto",
  parse: (text) => text === "auto" ? text : integer(1, threadsMax)(text),
};

export const httpHost: Setting<string> = {
  variable: "HTTP_HOST",
  group: "http",
  host: "address",
  form: "a host name or an address",
  meaning: "where the page, the metrics and the queries are served; 0.0.0.0 is everywhere",
  defaultText: "127.0.0.1",
  parse: host,
};

export const httpPort: Setting<number> = {
  variable: "HTTP_PORT",
  group: "http",
  form: "a port number from 0 to 65535",
  meaning: "its port; 0 takes a free one",
  defaultText: "8080",
  parse: integer(0, 65_535),
};

export const httpAdvertisedUrl: Setting<string | undefined> = {
  variable: "HTTP_ADVERTISED_URL",
  group: "http",
  form: "an http:// or https:// URL without a path",
  meaning:
    "where clients reach it, and other instances where HTTP_PEER_URL is not set; without it " +
    "HTTP_HOST and port, or none if that is everywhere",
  parse: serverUrl,
};

export const httpPeerUrl: Setting<string | undefined> = {
  variable: "HTTP_PEER_URL",
  group: "http",
  form: "an http:// or https:// URL without a path",
  meaning:
    "where other instances reach it, if clients do elsewhere, as through a proxy; the image " +
    "names its container where HTTP_HOST is everywhere",
  parse: serverUrl,
};

export const httpPeerHosts: Setting<readonly string[]> = {
  variable: "HTTP_PEER_HOSTS",
  group: "http",
  form: "a comma list of host names, each once; .name is for every name below it",
  meaning: "the only hosts where other instances are looked for, whatever the group says",
  defaultText: "",
  emptyCounts: true,
  parse: (text) => text === "" ? Object.freeze([]) : distinctList(hostOrSuffix)(text),
};

export const httpCaFile: Setting<string | undefined> = {
  variable: "HTTP_CA_FILE",
  group: "http",
  path: "file",
  form: "a PEM file of certificates",
  meaning: "certificate authorities trusted for other instances, besides the usual ones",
  parse: nonEmpty,
};

export const produceHttpPort: Setting<number> = {
  variable: "PRODUCE_HTTP_PORT",
  group: "http",
  form: "a port number from 0 to 65535",
  meaning: "port of the producer's metrics and health; 0 takes a free one",
  defaultText: "8082",
  parse: integer(0, 65_535),
};

const tradesTables = distinctList(oneOf<TradesTable>(["recent", "history"]));

export const tradesTablesWritten: Setting<readonly TradesTable[]> = {
  variable: "TRADES_TABLES",
  group: "results",
  form: "a comma list of recent and history, or empty",
  meaning: "which tables get the raw trades: the one with a lifetime, the one by day",
  defaultText: "recent,history",
  emptyCounts: true,
  parse: (text) => text === "" ? Object.freeze([]) : tradesTables(text),
};

/** Where results go; nowhere where there is none. */
export type ResultsPlace = "cassandra" | "topic";

const resultsPlaces = distinctList(oneOf<ResultsPlace>(["cassandra", "topic"]));

export const results: Setting<readonly ResultsPlace[]> = {
  variable: "RESULTS",
  group: "results",
  form: "a comma list of cassandra and topic, or none",
  meaning: "where results go: its tables, <APPLICATION_ID>-results, or the state alone",
  defaultText: "cassandra",
  parse: (text) => text === "none" ? Object.freeze([]) : resultsPlaces(text),
};

export const tradesTtlSeconds: Setting<number> = {
  variable: "TRADES_TTL",
  group: "results",
  form: "seconds or a time like 7d, 12h, 30m (at most 3650d), or 0 for no end",
  meaning: "lifetime of the recent trades and of the 15-second windows",
  defaultText: "7d",
  parse: durationSeconds(3650),
};

export const windowGraceMs: Setting<number> = {
  variable: "WINDOW_GRACE_MS",
  group: "engine",
  form: "milliseconds from 0 to 1209600000",
  meaning: "how long after its end a window still accepts trades",
  defaultText: "60000",
  parse: integer(0, 1_209_600_000), // two weeks: a topic of a week, read in whatever order
};

export const windowRetentionMs: Setting<number> = {
  variable: "WINDOW_RETENTION_MS",
  group: "engine",
  form: "milliseconds from 60000 to 2592000000",
  meaning:
    "how long windows stay in the local state for queries, from their start; longer windows stay longer in proportion",
  defaultText: "86400000",
  parse: integer(60_000, 2_592_000_000),
};

export const commitIntervalMs: Setting<number> = {
  variable: "COMMIT_INTERVAL_MS",
  group: "engine",
  form: "milliseconds from 10 to 60000",
  meaning:
    "longest time until the results of a trade are durable and in the live page; tables get those of windows a second apart",
  defaultText: "100",
  parse: integer(10, 60_000),
};

export const stateCleanupDelayMs: Setting<number> = {
  variable: "STATE_CLEANUP_DELAY_MS",
  group: "engine",
  form: "milliseconds from 1000 to 604800000",
  meaning: "how long the local state of a partition is kept after it has moved to another instance",
  defaultText: "600000",
  parse: integer(1_000, 604_800_000),
};

export const maxFutureMs: Setting<number> = {
  variable: "MAX_FUTURE_MS",
  group: "engine",
  form: "milliseconds from 0 to 86400000",
  meaning: "how far ahead of its arrival a trade's time may lie; beyond it is a dead letter",
  defaultText: "60000",
  parse: integer(0, 86_400_000),
};

export const conditionPolicy: Setting<ConditionPolicy> = {
  variable: "CONDITION_POLICY",
  group: "engine",
  form: "all or consolidated",
  meaning: "trades that move prices and volume: all, or as US condition codes say; a change " +
    "holds for the trades that follow",
  defaultText: "all",
  parse: oneOf<ConditionPolicy>(["all", "consolidated"]),
};

/** When `start` waits for the disk. */
export type EmbeddedSync = "commit" | "none";

export const embeddedSync: Setting<EmbeddedSync> = {
  variable: "EMBEDDED_SYNC",
  group: "results",
  form: "commit or none",
  meaning:
    "what a power cut may lose: what was not committed yet, or the last writes to the disk as well",
  defaultText: "commit",
  parse: oneOf<EmbeddedSync>(["commit", "none"]),
};

/**
 * `docs/asyncapi.json`: the topics with keys, headers and values, as AsyncAPI 3.
 *
 * Names and settings of topics, schemas and causes are those that the programs use, and which
 * headers a record has is read from records that they make; only what headers say is written here.
 */
import denoJson from "../../deno.json" with { type: "json" };
import { frameToRecords, refusedLetter } from "../../src/ingest/frame_records.ts";
import { kafkaTopics } from "../../src/kafka/job_topics.ts";
import { unstamped } from "../../src/kafka/wire/stamps.ts";
import { marketTopics } from "../../src/market/job.ts";
import {
  taskMetaSchemaText,
  tradeSchemaText,
  windowResultSchemaText,
  windowStateSchemaText,
} from "../../src/registry/schemas.ts";
import { job, stream, text, tumbling } from "../../src/streams/mod.ts";
import type { LogRecord, OutputRecord } from "../../src/streams/record.ts";
import {
  cutValue,
  deadLetterCauses,
  deadLetterRecord,
  lateRecord,
} from "../../src/streams/side_output.ts";
import type { TopicRole } from "../../src/streams/topology/job_topics.ts";

/** What each header says; all are UTF-8 text. */
const headerTexts: Readonly<Record<string, string>> = {
  "producer-id": "who made the record",
  "sequence": "increases from record to record of a producer; the same for a repeat, decimal",
  "origin": "feed: the value is a frame that never was a record of the input",
  "origin-topic": "topic of the record that this one is about",
  "origin-partition": "partition of that record, decimal",
  "origin-offset": "offset of that record, decimal",
  "origin-index": "index of the trade in that record, decimal; without it the whole record",
  "cause": "why it is here",
  "detail": "the cause in words, for a person",
  "event-time": "the trade's time where it is what is wrong, epoch milliseconds, decimal",
  "window-start": "start of the window that it is about, epoch milliseconds, decimal",
  "window-end": "end of that window, epoch milliseconds, decimal",
  "final": "true once the window cannot change any more, else false",
  "stream-time": "greatest event time of the symbol, epoch milliseconds, decimal",
  "value-length": "bytes of the whole value, where it ends early, decimal",
  "value-sha256": "SHA-256 of the whole value, where it ends early, hexadecimal",
  "key-length": "bytes of the whole key, where it ends early, decimal",
  "key-sha256": "SHA-256 of the whole key, where it ends early, hexadecimal",
  "stamped-at": "the record's time where the broker refused it as a timestamp, epoch ms, decimal",
};

const bytes = new Uint8Array(1);
const input: LogRecord = {
  ...{ topic: "t", partition: 0, offset: 0, timestampMs: 0 },
  ...{ key: bytes, value: bytes, headers: {} },
};
const trade = { symbol: "A", price: 1, volume: 1, eventTimeMs: 0, conditions: null };
const window = { startMs: 0, endMs: 1 };

/** A record of which nothing is kept whole, as one that its topic is too small for. */
function cut(record: OutputRecord): OutputRecord {
  return cutValue({ ...record, key: new Uint8Array(2_048) }, 0);
}

function ofFeed(): OutputRecord[] {
  const frame = { text: "{}", receivedAtMs: 0, sequence: 0 };
  const codec = { encode: () => bytes, decode: () => [], prepare: () => Promise.resolve() };
  const options = { topic: "t", producerId: "p", codec };
  const parsed = { kind: "trades", trades: [trade], faults: [{ index: 0, fault: "" }] } as const;
  return [...frameToRecords(frame, parsed, options).records];
}

/** Of any job with windows: headers are the engine's. */
function ofWindow(): OutputRecord[] {
  const counts = stream("t", text()).keyBy((line) => line).window(tumbling("1m")).count("counts");
  const result = { key: "A", ...window, value: 1, final: true, receivedAtMs: 0, versionUs: 0 };
  return job("j").to("r", counts).topics.map(({ topic, make }) => ({
    ...{ topic, partition: 0, timestampMs: 0 },
    ...make(result),
  }));
}

/** What the topics of the market are for. */
type MarketRole = Exclude<TopicRole, "table" | "global" | "latest-results">;

/** Records of each topic, with every header that one can have. */
const records: Readonly<Record<MarketRole, readonly OutputRecord[]>> = {
  input: ofFeed().slice(0, 1),
  changelog: [],
  repartition: [],
  results: ofWindow(),
  late: [
    cut(
      lateRecord(["t"], { record: input, index: 0 }, {
        key: "",
        value: bytes,
        window,
        streamTimeMs: 0,
      }),
    ),
  ],
  "dead-letters": [
    ...ofFeed().slice(1).map(refusedLetter),
    cut(deadLetterRecord(["t"], { record: input, index: 0, eventTimeMs: 0 }, "malformed", "")),
  ],
};

const causes: Partial<Record<MarketRole, readonly string[]>> = {
  late: ["window-closed"],
  "dead-letters": deadLetterCauses,
};

function headersOf(role: MarketRole): object {
  const written = records[role].map(unstamped);
  const names = new Set(written.flatMap(({ headers = {} }) => Object.keys(headers)));
  const properties = [...names].sort().map((name) => {
    const description = headerTexts[name];
    if (description === undefined) throw new Error(`say in headerTexts what "${name}" says`);
    const values = name === "cause" ? { enum: causes[role] } : {};
    return [name, { type: "string", description, ...values }];
  });
  return { type: "object", properties: Object.fromEntries(properties) };
}

const symbolKey = { type: "string", description: "the symbol, UTF-8" };
const bytesOf = (description: string) => ({ type: "string", format: "binary", description });

/** A message with a value in Confluent's wire format: 0x00, the schema's id as int32, Avro. */
function avroMessage(role: MarketRole, schemaText: string, key: object): object {
  const schema = JSON.parse(schemaText);
  return {
    title: schema.name,
    summary: schema.doc,
    headers: headersOf(role),
    payload: { schemaFormat: "application/vnd.apache.avro;version=1.9.0", schema },
    bindings: {
      kafka: { key, schemaIdLocation: "payload", schemaIdPayloadEncoding: "confluent" },
    },
  };
}

/** What goes through each topic. */
const messages: Readonly<Record<MarketRole, Readonly<Record<string, object>>>> = {
  input: { trades: avroMessage("input", tradeSchemaText, symbolKey) },
  changelog: {
    window: avroMessage(
      "changelog",
      windowStateSchemaText,
      bytesOf("`w`, the symbol and the window's start; `r` and its length before it for candles"),
    ),
    key: {
      title: "Key",
      summary: "A symbol's time and its open windows: `src/streams/state/key_row.ts`.",
      payload: bytesOf("numbers, and windows as the first message has them"),
      bindings: { kafka: { key: bytesOf("`k` and the symbol") } },
    },
    meta: avroMessage("changelog", taskMetaSchemaText, bytesOf("`m`")),
  },
  repartition: {
    rekeyed: {
      title: "Parts",
      summary: "Values of the input, and parts of them, with symbol, receive time and origin.",
      payload: bytesOf("as `src/streams/repartition_record.ts` says"),
    },
  },
  late: { late: avroMessage("late", tradeSchemaText, symbolKey) },
  results: {
    window: avroMessage("results", windowResultSchemaText, {
      type: "string",
      description: "JSON list of the symbol and the window's start and end, UTF-8",
    }),
  },
  "dead-letters": {
    deadLetter: {
      title: "DeadLetter",
      summary: "What could not be used, unchanged as far as its topic takes it.",
      headers: headersOf("dead-letters"),
      payload: bytesOf("the record's value, or the frame of the feed"),
      bindings: { kafka: { key: bytesOf("the record's key") } },
    },
  },
};

const descriptions: Readonly<Record<MarketRole, string>> = {
  input: "Trades of one symbol of one frame. `produce` writes it, `process` reads it; others may.",
  changelog: "The state of `process`; a null value deletes a key. Only `process` writes it.",
  repartition:
    "Trades on their way to the partition of their symbol. Only `process` writes and reads it.",
  late: "Trades whose window was closed.",
  results: "Every change of a window or candle, once, with `RESULTS=topic`.",
  "dead-letters": "Records and frames that could not be used, or not wholly.",
};

const parameters = {
  topic: { description: "TOPIC_KAFKA", default: "trade1" },
  application: { description: "APPLICATION_ID", default: "market" },
};

/** The document, as text. */
export function asyncApi(): string {
  const topics = marketTopics("{topic}", "{application}", { results: true });
  const specs = kafkaTopics(topics, { partitions: 1, replicationFactor: 1 });
  const roles = topics.map(({ role }) => role);
  const channels = specs.map(({ name, config }, index) => {
    const role = roles[index] as MarketRole;
    return [role, channelOf(role, name, config)];
  });
  const document = {
    asyncapi: "3.0.0",
    info: {
      title: "Market data",
      version: denoJson.version,
      description: "The topics of `produce` and `process` on Kafka.",
      license: { name: denoJson.license },
    },
    channels: Object.fromEntries(channels),
    operations: Object.fromEntries(roles.flatMap(operationsOf)),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function channelOf(role: MarketRole, address: string, config: Readonly<Record<string, string>>) {
  const used = Object.entries(parameters).filter(([name]) => address.includes(`{${name}}`));
  return {
    address,
    description: descriptions[role],
    messages: messages[role],
    parameters: Object.fromEntries(used),
    bindings: { kafka: { topicConfiguration: configOf(config) } },
  };
}

/** As the binding wants it: a list of policies, numbers as numbers as far as they are exact. */
function configOf(config: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      if (name === "cleanup.policy") return [name, [value]];
      return [name, Number.isSafeInteger(Number(value)) ? Number(value) : value];
    }),
  );
}

/** What the programs do with a topic. */
function operationsOf(role: TopicRole): [string, object][] {
  const channel = { $ref: `#/channels/${role}` };
  const send: [string, object] = [`send-${role}`, { action: "send", channel }];
  const isRead = role === "input" || role === "changelog" || role === "repartition";
  return isRead ? [send, [`receive-${role}`, { action: "receive", channel }]] : [send];
}

/** Every value that the description of a setting names is read as what it says. */
import assert from "node:assert/strict";
import { programs } from "../../../src/app/programs.ts";
import { readConfig } from "../../../src/app/read_config.ts";
import { type Program, type Setting, settingName } from "../../../src/app/setting.ts";
import { Secret } from "../../../src/base/secret.ts";

/** What a form promises: texts with their values, and texts beside it. */
interface Promised {
  readonly taken: readonly (readonly [text: string, value: unknown])[];
  readonly refused: readonly string[];
}

const long = "a".repeat(200);
const anyText: Promised = { taken: [["a b-c", "a b-c"]], refused: [] };
const topic: Promised = {
  taken: [["A.b_c-9", "A.b_c-9"], [long, long]],
  refused: ["a b", "a/b", `${long}a`],
};
const time = (daysMax: number): Promised => ({
  taken: [
    ...[["90", 90], ["30m", 1_800], ["12h", 43_200], ["7d", 604_800], ["0", 0]] as const,
    [`${daysMax}d`, daysMax * 86_400],
  ],
  refused: [`${daysMax + 1}d`, "7w", "-1", "1.5h"],
});

/** Forms that are sentences; words and bounds are taken from their texts. */
const sentences: Readonly<Record<string, Promised>> = {
  "a folder": anyText,
  "a file": anyText,
  "a file of symbols, one a line or between commas; # starts a comment": anyText,
  "a PEM file of certificates": anyText,
  "a PEM file of a private key": anyText,
  "a file with a token of 16 to 256 letters, digits and -._~+/=": anyText,
  "a Finnhub API key": anyText,
  "a key": anyText,
  "a password": anyText,
  "a user name": anyText,
  "a subject name": anyText,
  "a data-centre name": anyText,
  "absent or true": { taken: [["true", true]], refused: ["maybe"] },
  "a number above 0": { taken: [["0.5", 0.5], ["50", 50]], refused: ["0", "-1"] },
  "a number like 1 or 10, or max": {
    taken: [["1", 1], ["10", 10], ["max", Infinity]],
    refused: ["0", "fast"],
  },
  "a host name or an address": {
    taken: [["localhost", "localhost"], ["0.0.0.0", "0.0.0.0"], ["[::1]", "[::1]"]],
    refused: ["a b", "http://a", "a:1"],
  },
  "host[,host…], each once": {
    taken: [["a", ["a"]], ["a,10.0.0.1,[::1]", ["a", "10.0.0.1", "[::1]"]]],
    refused: ["a,a", "a:1", "a b"],
  },
  "a comma list of host names, each once; .name is for every name below it": {
    taken: [["a", ["a"]], ["A,.b.svc,[::1]", ["a", ".b.svc", "[::1]"]]],
    refused: ["a,a", "a:1", ".", "..a", ".[::1]", "a/b"],
  },
  "host:port[,host:port…], each once": {
    taken: [["a:1", ["a:1"]], ["a:1,[::1]:65535", ["a:1", "[::1]:65535"]]],
    refused: ["a", "a:1,a:1", "a:0", "a:65536"],
  },
  "a comma list of symbols, each once": {
    taken: [["A", ["A"]], ["BINANCE:BTCUSDT, IC MARKETS:1", ["BINANCE:BTCUSDT", "IC MARKETS:1"]]],
    refused: ["A,A", "A,,B", '["A"]'],
  },
  "a comma list of recent and history, or empty": {
    taken: [
      ...[["recent", ["recent"]], ["recent,history", ["recent", "history"]]] as const,
      ["", []],
    ],
    refused: ["recent,recent", "all"],
  },
  "a comma list of cassandra and topic, or none": {
    taken: [
      ...[["cassandra", ["cassandra"]], ["topic,cassandra", ["topic", "cassandra"]]] as const,
      ["none", []],
    ],
    refused: ["topic,topic", "none,topic", "sqlite"],
  },
  "a ws:// or wss:// URL": {
    taken: [["ws://a:1/?token=", "ws://a:1/?token="], ["wss://a", "wss://a"]],
    refused: ["http://a", "a:1"],
  },
  "an http:// or https:// URL": {
    taken: [["http://a:1", "http://a:1"], ["https://a/b/", "https://a/b"]],
    refused: ["ws://a", "a:1"],
  },
  "an http:// or https:// URL without a path": {
    taken: [["http://a:1", "http://a:1"], ["https://a", "https://a"]],
    refused: ["http://a/b", "a:1"],
  },
  "a name (letters, digits, dot, underscore, dash; 200 at most)": topic,
  "a topic name (letters, digits, dot, underscore, dash; 200 at most)": topic,
  "a name (lower-case letter, then letters, digits, underscore; 48)": {
    taken: [["a_9", "a_9"], ["a".repeat(48), "a".repeat(48)]],
    refused: ["A", "9a", "a".repeat(49)],
  },
  "seconds or a time like 7d, 12h, 30m (at most 3650d), or 0 for no end": time(3650),
  "seconds or a time like 7d, 12h, 30m (at most 7300d), or 0 for no end": time(7300),
  "bytes or a size like 500MB, 1GiB (at most 1TiB)": {
    taken: [["4096", 4096], ["500MB", 5e8], ["1GiB", 2 ** 30], ["1024GiB", 2 ** 40]],
    refused: ["0", "1025GiB", "1 GiB", "1gb"],
  },
};

function promisedBy(form: string): Promised {
  const sentence = sentences[form];
  if (sentence !== undefined) return sentence;
  const [, low, high, , word] = / from (\d+) to (\d+)(, or (\w+))?$/.exec(form) ?? [];
  if (low === undefined || high === undefined) return wordsOf(form);
  return {
    taken: [
      ...[low, high].map((bound) => [bound, Number(bound)] as const),
      ...word === undefined ? [] : [[word, word] as const],
    ],
    refused: [String(Number(low) - 1), String(Number(high) + 1), "1.5", "many"],
  };
}

/** Of `A, B or C`. */
function wordsOf(form: string): Promised {
  const words = form.split(/, | or /);
  assert(words.length > 1 && words.every((word) => /^[\w-]+$/.test(word)), `unknown: ${form}`);
  const value = (word: string) => ({ true: true, false: false })[word] ?? word;
  return {
    taken: words.map((word) => [word, value(word)]),
    refused: [`${words[0]}x`, words.join()],
  };
}

const kafkaLogin = { KAFKA_SASL_MECHANISM: "PLAIN", KAFKA_USERNAME: "u", KAFKA_PASSWORD: "p" };
const kafkaTls = { ...kafkaLogin, KAFKA_SECURITY_PROTOCOL: "SASL_SSL" };
const registryLogin = { SCHEMA_REGISTRY_USERNAME: "u", SCHEMA_REGISTRY_PASSWORD: "p" };
const cassandraLogin = { CASSANDRA_USERNAME: "u", CASSANDRA_PASSWORD: "p" };

/** What must be set as well, by variable or option, or by that with its value. */
const companions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT": kafkaLogin,
  "KAFKA_SECURITY_PROTOCOL=SASL_SSL": kafkaLogin,
  KAFKA_SASL_MECHANISM: kafkaTls,
  KAFKA_USERNAME: kafkaTls,
  KAFKA_PASSWORD: kafkaTls,
  KAFKA_CA_FILE: kafkaTls,
  SCHEMA_REGISTRY_USERNAME: registryLogin,
  SCHEMA_REGISTRY_PASSWORD: registryLogin,
  SCHEMA_REGISTRY_CA_FILE: { SCHEMA_REGISTRY_URL: "https://a" },
  CASSANDRA_USERNAME: cassandraLogin,
  CASSANDRA_PASSWORD: cassandraLogin,
  CASSANDRA_CA_FILE: { CASSANDRA_TLS: "true" },
  HTTP_HOST: { HTTP_OPEN: "true" },
  HTTP_TLS_CERT_FILE: { HTTP_TLS_KEY_FILE: "a" },
  HTTP_TLS_KEY_FILE: { HTTP_TLS_CERT_FILE: "a" },
  WINDOW_GRACE_MS: { WINDOW_RETENTION_MS: "2592000000" },
  WINDOW_RETENTION_MS: { WINDOW_GRACE_MS: "0" },
  "--speed": { "--replay": "file" },
  "--times": { "--replay": "file" },
};

function read(program: Program<object>, setting: Setting<unknown>, text: string): object {
  const name = settingName(setting);
  const given = { ...companions[name] ?? companions[`${name}=${text}`], [name]: text };
  const isOption = ([key]: [string, string]) => key.startsWith("--");
  const env = Object.fromEntries(Object.entries(given).filter((entry) => !isOption(entry)));
  const args = Object.entries(given).filter(isOption).map(([key, value]) => `${key}=${value}`);
  return readConfig(program, { FINHUB_SECRET_KEY: "key", ...env }, args);
}

for (const program of programs) {
  for (const [field, setting] of Object.entries<Setting<unknown>>(program.settings)) {
    const { taken, refused } = promisedBy(setting.form);
    Deno.test(`${program.name} takes what is documented of ${settingName(setting)}`, () => {
      for (const [text, value] of taken) {
        const config: Readonly<Record<string, unknown>> = { ...read(program, setting, text) };
        const got = config[field];
        assert.deepEqual(got instanceof Secret ? got.reveal() : got, value, text);
      }
      for (const text of refused) {
        assert.throws(
          () => read(program, setting, text),
          (error: Error) =>
            error.message.includes(`${settingName(setting)} must be ${setting.form}: received`),
          text,
        );
      }
    });
  }
}

import assert from "node:assert/strict";
import { InvariantError } from "../../../src/base/assert.ts";
import { PipelineError } from "../../../src/base/errors.ts";
import {
  faultKind,
  isPassing,
  ProtocolFault,
  toPipelineError,
} from "../../../src/kafka/wire/errors.ts";

/** An error as kafkajs throws it. */
function kafkajsError(name: string, fields: object = {}): Error {
  return Object.assign(new Error(`${name} happened`), { name, ...fields });
}

const refused = kafkajsError("KafkaJSNumberOfRetriesExceeded", {
  retriable: false,
  cause: kafkajsError("KafkaJSConnectionError"),
});

/** As sockets of a broker's listener end that will never take us. */
function socketError(code: string): Error {
  return kafkajsError("KafkaJSConnectionError", { code });
}

const table: readonly [string, unknown, string][] = [
  ["a refused connection behind exhausted retries", refused, "connection"],
  ["a request that was not answered", kafkajsError("KafkaJSRequestTimeoutError"), "connection"],
  ["a topic that is not known yet", new ProtocolFault(3, "Fetch"), "transient"],
  ["a leader that moved", new ProtocolFault(6, "Produce"), "transient"],
  ["a busy coordinator", new ProtocolFault(51, "InitProducerId"), "transient"],
  ["an old epoch", new ProtocolFault(47, "Produce"), "fenced"],
  ["a newer producer", new ProtocolFault(90, "EndTxn"), "fenced"],
  ["a sequence the broker does not expect", new ProtocolFault(45, "Produce"), "sequence"],
  ["a member the group forgot", new ProtocolFault(25, "Heartbeat"), "membership"],
  ["a record that is too large", new ProtocolFault(10, "Produce"), "unsuitable"],
  ["a missing permission", new ProtocolFault(29, "Produce"), "denied"],
  ["a certificate that nobody trusted signed", socketError("CERT_UNTRUSTED"), "denied"],
  ["a listener that wants TLS", socketError("TLS_EXPECTED"), "denied"],
  ["a socket that was reset", socketError("ECONNRESET"), "connection"],
  ["a refused login", kafkajsError("E", { type: "SASL_AUTHENTICATION_FAILED" }), "denied"],
  ["a code that has no name here", new ProtocolFault(4711, "Produce"), "other"],
  [
    "a code that kafkajs does not know",
    Object.assign(kafkajsError("KafkaJSProtocolError", { type: "KAFKAJS_UNKNOWN_ERROR_CODE" }), {
      message: "Unknown error code 90",
    }),
    "fenced",
  ],
  ["an error of ours", new TypeError("x is not a function"), "bug"],
  ["something that is no error", "text", "bug"],
];

for (const [what, error, kind] of table) {
  Deno.test(`faultKind() takes ${what} for ${kind}`, () => {
    assert.equal(faultKind(error), kind);
  });
}

Deno.test("isPassing() is true for what may go away by itself, and only for that", () => {
  const passing = table.filter(([, error]) => isPassing(error)).map(([, , kind]) => kind);
  assert.deepEqual(passing, [
    ...["connection", "connection", "transient", "transient", "transient", "connection"],
  ]);
});

for (
  const [errorCode, code] of [
    [6, "LOG_UNAVAILABLE"],
    [47, "LOG_FENCED"],
    [45, "LOG_UNAVAILABLE"],
    [10, "TOPIC_UNSUITABLE"],
    [3, "TOPIC_UNSUITABLE"],
    [29, "CONFIG_INVALID"],
    [4711, "LOG_UNAVAILABLE"],
  ] as const
) {
  Deno.test(`toPipelineError() turns error ${errorCode} into ${code}`, () => {
    const wrapped = toPipelineError(new ProtocolFault(errorCode, "Produce"), "append");
    assert.ok(wrapped instanceof PipelineError);
    assert.equal(wrapped.code, code);
    assert.match(wrapped.message, /^Cannot append as .*[^.]$/);
  });
}

Deno.test("toPipelineError() leaves our own errors and bugs as they are", () => {
  for (const error of [new PipelineError("ABORTED", "x"), new InvariantError("y")]) {
    assert.equal(toPipelineError(error, "append"), error);
  }
});

Deno.test("toPipelineError() of a refused login says what to check", () => {
  const refused = kafkajsError("KafkaJSProtocolError", { type: "SASL_AUTHENTICATION_FAILED" });
  const wrapped = toPipelineError(refused, "append");
  assert.ok(wrapped instanceof PipelineError);
  assert.equal(wrapped.code, "CONFIG_INVALID");
  assert.match(wrapped.message, /check KAFKA_USERNAME, KAFKA_PASSWORD and KAFKA_SASL_MECHANISM$/);
});

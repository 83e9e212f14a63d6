import assert from "node:assert/strict";
import { errors, types } from "cassandra-driver";
import { kafkaRemedies } from "../../../src/app/remedies.ts";
import { describeError, PipelineError } from "../../../src/base/errors.ts";
import { cassandraError, sinkError } from "../../../src/cassandra/errors.ts";

const codes = types.responseErrorCodes;
const answered = (code: number, message = "no") => new errors.ResponseError(code, message);
const silent = (inner: Record<string, unknown>) => new errors.NoHostAvailableError(inner);
const refused = new Error("connect ECONNREFUSED 127.0.0.1:9042");

Deno.test.each<[string, unknown, string]>([
  ["no host", silent({ "127.0.0.1:9042": refused }), "SINK_UNAVAILABLE"],
  ["no host at all", silent({}), "SINK_UNAVAILABLE"],
  ["a timeout", new errors.OperationTimedOutError("late"), "SINK_UNAVAILABLE"],
  ["busy connections", new errors.BusyConnectionError("h", 1, 1), "SINK_UNAVAILABLE"],
  [
    "a broken socket",
    Object.assign(new Error("gone"), { isSocketError: true }),
    "SINK_UNAVAILABLE",
  ],
  ["missing replicas", answered(codes.unavailableException), "SINK_UNAVAILABLE"],
  ["overload", answered(codes.overloaded), "SINK_UNAVAILABLE"],
  ["a node that starts", answered(codes.isBootstrapping), "SINK_UNAVAILABLE"],
  ["a write timeout", answered(codes.writeTimeout), "SINK_UNAVAILABLE"],
  ["a read timeout", answered(codes.readTimeout), "SINK_UNAVAILABLE"],
  ["an invalid statement", answered(codes.invalid), "SINK_REJECTED"],
  ["a syntax error", answered(codes.syntaxError), "SINK_REJECTED"],
  ["a missing right", answered(codes.unauthorized), "SINK_REJECTED"],
  ["a wrong password", new errors.AuthenticationError("bad"), "SINK_REJECTED"],
  [
    "a wrong password among silent hosts",
    silent({ a: refused, b: new errors.AuthenticationError("bad") }),
    "SINK_REJECTED",
  ],
  [
    "a certificate that nobody trusted signed",
    silent({ a: Object.assign(new Error("no"), { code: "CERT_UNTRUSTED" }) }),
    "SINK_REJECTED",
  ],
  ["a value that cannot be bound", new TypeError("Expected Number"), "SINK_REJECTED"],
])("cassandraError() judges %s", (_why, cause, code) => {
  assert.equal(cassandraError("write 3 rows", cause).code, code);
});

Deno.test("cassandraError() names hosts and reasons, in one line, and keeps the cause", () => {
  const cause = silent({
    "10.0.0.1:9042": new Error("connect ECONNREFUSED\n  at net"),
    b: refused,
  });
  const error = cassandraError("connect to Cassandra", cause);
  assert.equal(
    error.message,
    "Cannot connect to Cassandra: no host answers (10.0.0.1:9042 connect ECONNREFUSED, " +
      "b connect ECONNREFUSED 127.0.0.1:9042)",
  );
  assert.equal(error.cause, cause);
});

Deno.test("cassandraError() names at most three hosts", () => {
  const cause = silent({ a: refused, b: refused, c: refused, d: refused, e: refused });
  assert.match(cassandraError("connect to Cassandra", cause).message, /, and 2 more\)$/);
});

Deno.test.each([
  ["table trades does not exist"],
  ["unconfigured table trades"],
  ["Keyspace 'market' does not exist"],
  ["Undefined column name trade_id in table market.trades"],
])('cassandraError() says what mends "%s"', (message) => {
  const { message: text } = cassandraError("write 3 rows", answered(codes.invalid, message));
  assert.match(text, /; run, with the same settings, "deno task provision"$/);
  const missing = sinkError("write 3 rows", answered(codes.invalid, message));
  assert.equal(describeError(missing, kafkaRemedies).match(/provision/g)?.length, 1, "said once");
});

Deno.test("cassandraError() leaves our own errors as they are", () => {
  const error = new PipelineError("SINK_REJECTED", "Cannot continue");
  assert.equal(cassandraError("connect", error), error);
});

import assert from "node:assert/strict";
import { appenderContract } from "../contract/appender.ts";
import { commitLogContract } from "../contract/commit_log.ts";
import { membershipContract } from "../contract/membership.ts";
import { recordSizesContract } from "../contract/record_sizes.ts";
import { recordLogContract } from "../contract/record_log.ts";
import { kafkaBrokers, kafkaHarness } from "../support/kafka_harness.ts";

const ignore = kafkaBrokers().length === 0;

recordLogContract("KafkaLog", kafkaHarness, { ignore });
appenderContract("KafkaAppender", kafkaHarness, { ignore });
commitLogContract("KafkaCommitLog", kafkaHarness, { ignore });
recordSizesContract("KafkaLog", kafkaHarness, { ignore });
membershipContract("KafkaMembership", kafkaHarness, { ignore });

Deno.test({
  name: "KAFKA_URL names brokers",
  ignore: !servicesRequired(),
  fn() {
    assert.notEqual(kafkaBrokers().length, 0);
  },
});

function servicesRequired(): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "REQUIRE_SERVICES" });
  return state === "granted" && Deno.env.get("REQUIRE_SERVICES") === "1";
}

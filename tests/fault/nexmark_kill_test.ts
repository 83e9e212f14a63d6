/** A query of those that `tests/nexmark` kills more often. */
import { kafkaBrokers } from "../support/kafka_harness.ts";
import { killQuery } from "../support/nexmark_kills.ts";

Deno.test({
  name: "q12 of Nexmark says the same over Kafka, whenever it is killed",
  ignore: kafkaBrokers().length === 0,
  fn: () => killQuery({ query: "q12", kills: 2, seed: 5 }),
});

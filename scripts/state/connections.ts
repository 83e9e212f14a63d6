import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { systemRandom } from "../../src/base/random.ts";
import { connectKafka, type KafkaConnection } from "../../src/kafka/connection.ts";
import type { SchemaRegistry } from "../../src/registry/ports.ts";
import { readAuthorities } from "../../src/wiring/authorities.ts";
import { kafkaOptions } from "../../src/wiring/kafka.ts";
import { schemaRegistry } from "../../src/wiring/registry.ts";
import type { StateConfig } from "./state_config.ts";

/** The ways to Kafka and the registry, as secure as the settings say. Owner: the command. */
export async function connectState(
  config: StateConfig,
): Promise<{ readonly kafka: KafkaConnection; readonly registry: SchemaRegistry }> {
  const authorities = await readAuthorities("state", config);
  const surroundings = { clock: systemClock, random: systemRandom, logger: silentLogger };
  return {
    kafka: connectKafka(kafkaOptions(config, surroundings, { clientId: "state", authorities })),
    registry: schemaRegistry(config, authorities, systemClock),
  };
}

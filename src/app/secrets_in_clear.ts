import { isLoopback } from "../base/loopback.ts";
import type { Secret } from "../base/secret.ts";
import type { CassandraConfig } from "./cassandra_settings.ts";
import type { KafkaConfig } from "./kafka_settings.ts";
import type { LogConfig } from "./log_settings.ts";
import type { RegistryConfig } from "./registry_settings.ts";

/** The settings of any program, as far as they have to do with secrets that it sends. */
export type SendingConfig =
  & LogConfig
  & Partial<KafkaConfig & RegistryConfig & CassandraConfig>
  & { readonly finnhubKey?: Secret | undefined; readonly finnhubUrl?: string };

/**
 * A warning for each secret that a program sends to other machines unencrypted. On this machine no
 * one reads along who could not read the settings.
 */
export function secretsInClear(config: SendingConfig): string[] {
  const { kafkaProtocol, brokers = [], registryUrl = "", cassandraHosts = [] } = config;
  const { cassandraTls, finnhubUrl = "" } = config;
  const brokerHosts = brokers.map((address) => address.slice(0, address.lastIndexOf(":")));
  const sent: readonly (readonly [boolean, readonly string[], string])[] = [
    [
      kafkaProtocol === "SASL_PLAINTEXT",
      brokerHosts,
      "The login of Kafka can be read or guessed on the way: KAFKA_SECURITY_PROTOCOL=SASL_SSL " +
      "encrypts it",
    ],
    [
      config.registryPassword !== undefined,
      hostsIn(registryUrl, "http:"),
      "The login of the schema registry can be read on the way: a SCHEMA_REGISTRY_URL with " +
      "https:// encrypts it",
    ],
    [
      config.cassandraPassword !== undefined && cassandraTls === false,
      cassandraHosts,
      "The login of Cassandra can be read on the way: CASSANDRA_TLS=true encrypts it",
    ],
    [
      config.finnhubKey !== undefined,
      hostsIn(finnhubUrl, "ws:"),
      "The key of the feed can be read on the way: a FINHUB_API_URL with wss:// encrypts it",
    ],
  ];
  return sent.filter(([isSent, hosts]) => isSent && !hosts.every(isLoopback))
    .map(([, , warning]) => warning);
}

/** The host of a URL that does not encrypt; none of another. */
function hostsIn(url: string, protocol: string): string[] {
  const parsed = URL.parse(url);
  return parsed?.protocol === protocol ? [parsed.hostname] : [];
}

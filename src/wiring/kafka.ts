import { type KafkaConfig, usesSasl, usesTls } from "../app/kafka_settings.ts";
import type { MainContext } from "../app/lifecycle.ts";
import type { KafkaOptions } from "../kafka/connection.ts";
import type { KafkaSecurity } from "../kafka/wire/security.ts";
import type { Authorities } from "./authorities.ts";

/** The settings in the adapter's words. */
export function kafkaOptions(
  config: KafkaConfig,
  { clock, random, logger }: Pick<MainContext, "clock" | "random" | "logger">,
  more: {
    readonly clientId: string;
    readonly authorities: Authorities;
    readonly cut?: AbortSignal;
  },
): KafkaOptions {
  const { authorities, ...rest } = more;
  const security = { ...tlsOf(config, authorities), ...loginOf(config) };
  return { brokers: config.brokers, security, clock, random, logger, ...rest };
}

function tlsOf(config: KafkaConfig, { kafka }: Authorities): Pick<KafkaSecurity, "tls"> {
  if (!usesTls(config)) return {};
  return { tls: kafka === undefined ? {} : { authorities: kafka } };
}

function loginOf(config: KafkaConfig): Pick<KafkaSecurity, "login"> {
  const { kafkaMechanism: mechanism, kafkaUsername: username, kafkaPassword: password } = config;
  const complete = mechanism !== undefined && username !== undefined && password !== undefined;
  return complete && usesSasl(config) ? { login: { mechanism, username, password } } : {};
}

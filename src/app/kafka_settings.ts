import type { Secret } from "../base/secret.ts";
import { nonEmpty, oneOf } from "./forms.ts";
import type { Setting, SettingsOf } from "./setting.ts";
import { kafkaBrokers, secretText } from "./settings.ts";

/** Kafka's names of what a listener wants: TLS or not, a login or not. */
export type SecurityProtocol = "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";

/** Kafka's names of the ways to log in. */
export type SaslMechanism = "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";

/** Where Kafka is, and as whom it is used. */
export interface KafkaConfig {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly kafkaProtocol: SecurityProtocol;
  readonly kafkaMechanism: SaslMechanism | undefined;
  readonly kafkaUsername: string | undefined;
  readonly kafkaPassword: Secret | undefined;
  /** PEM file of the authorities to trust; without it those of the system. */
  readonly kafkaCaFile: string | undefined;
}

const protocol: Setting<SecurityProtocol> = {
  variable: "KAFKA_SECURITY_PROTOCOL",
  group: "kafka",
  form: "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
  meaning: "what the brokers' listener requires: SSL is encryption, SASL a login",
  defaultText: "PLAINTEXT",
  parse: oneOf<SecurityProtocol>(["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]),
};

const mechanism: Setting<SaslMechanism | undefined> = {
  variable: "KAFKA_SASL_MECHANISM",
  group: "kafka",
  form: "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
  meaning: "SASL mechanism of the login",
  parse: oneOf<SaslMechanism>(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]),
};

const username: Setting<string | undefined> = {
  variable: "KAFKA_USERNAME",
  group: "kafka",
  form: "a user name",
  meaning: "user name for Kafka",
  parse: nonEmpty,
};

const password: Setting<Secret | undefined> = {
  ...secretText,
  variable: "KAFKA_PASSWORD",
  group: "kafka",
  meaning: "that user's password",
};

const caFile: Setting<string | undefined> = {
  variable: "KAFKA_CA_FILE",
  group: "kafka",
  path: "file",
  form: "a PEM file of certificates",
  meaning: "certificate authorities trusted for the brokers; without it those of the system",
  parse: nonEmpty,
};

/** Shared by the programs that use Kafka. */
export const kafkaSettings: SettingsOf<KafkaConfig> = {
  brokers: kafkaBrokers,
  kafkaProtocol: protocol,
  kafkaMechanism: mechanism,
  kafkaUsername: username,
  kafkaPassword: password,
  kafkaCaFile: caFile,
};

/** True if the protocol encrypts. */
export function usesTls({ kafkaProtocol }: Pick<KafkaConfig, "kafkaProtocol">): boolean {
  return kafkaProtocol === "SSL" || kafkaProtocol === "SASL_SSL";
}

/** True if the protocol wants a login. */
export function usesSasl({ kafkaProtocol }: Pick<KafkaConfig, "kafkaProtocol">): boolean {
  return kafkaProtocol === "SASL_PLAINTEXT" || kafkaProtocol === "SASL_SSL";
}

/** A login is complete where the protocol wants one, and nothing is given that has no effect. */
export function kafkaContradictions(config: KafkaConfig): string[] {
  const beside = `KAFKA_SECURITY_PROTOCOL=${config.kafkaProtocol}`;
  const login = {
    KAFKA_SASL_MECHANISM: config.kafkaMechanism,
    KAFKA_USERNAME: config.kafkaUsername,
    KAFKA_PASSWORD: config.kafkaPassword,
  };
  const problems = Object.entries(login).flatMap(([name, value]) => {
    if (usesSasl(config)) return value === undefined ? `${name} must be set with ${beside}` : [];
    return value === undefined ? [] : `${name} must be absent with ${beside}: it is given`;
  });
  const idleCaFile = config.kafkaCaFile !== undefined && !usesTls(config);
  if (idleCaFile) problems.push(`KAFKA_CA_FILE must be absent with ${beside}: it is given`);
  return problems;
}

/**
 * The engine's ports on Apache Kafka: connect with {@link connectKafka}, make the rest from it.
 *
 * @module
 */
export { connectKafka, KafkaConnection, type KafkaOptions } from "./connection.ts";
export { kafkaTopics } from "./job_topics.ts";
export type { TopicShape } from "./cluster/admin.ts";
export type { TopicDifference, TopicOutcome, TopicSpec } from "./cluster/topics.ts";
export type { GroupOptions } from "./group/group_client.ts";
export type { MembershipOptions } from "./group/membership.ts";
export type { FetchLimits } from "./read/fetch_protocol.ts";
export type { ReadOptions } from "./read/log.ts";
export type { Compression } from "./wire/compression.ts";
export type { KafkaSecurity, SaslMechanism } from "./wire/security.ts";
export type { AppenderOptions } from "./write/appender.ts";
export type { ProduceLimits } from "./write/producer_session.ts";
export type { RefusalReason } from "./write/refusals.ts";
export type { TransactionOptions } from "./write/transaction_writer.ts";
export { Secret } from "../base/secret.ts";

/**
 * The engine's ports on Apache Kafka: connect with {@link connectKafka}, make the rest from it.
 *
 * @module
 */
export { connectKafka, KafkaConnection, type KafkaOptions } from "./connection.ts";
export { kafkaTopics } from "./job_topics.ts";

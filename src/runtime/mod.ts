/** Where jobs run: in a folder, or over Kafka. */
export * from "./embedded.ts";
export * from "./kafka.ts";

/**
 * The engine's ports on LevelDB: local state, and a log within the process.
 *
 * @module
 */
export { EmbeddedCommitLog } from "./embedded_commit_log.ts";
export { EmbeddedLog } from "./embedded_log.ts";
export { EmbeddedMembership } from "./embedded_membership.ts";
export { embeddedTopics } from "./job_topics.ts";
export { LogDatabase } from "./log_database.ts";
export type { EmbeddedTopic } from "./partition_state.ts";
export { LevelStateStores } from "./state_store.ts";

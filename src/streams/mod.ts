/**
 * What a job is described, run and asked with; `docs/ENGINE.md` says how. The folders of the
 * adapters (`level/`, `kafka/`) bring logs, stores and groups, `testing/mod.ts` what tests need.
 */
export * from "./topology/codec.ts";
export * from "./topology/handlers.ts";
export * from "./topology/job_topics.ts";
export * from "./topology/json_codecs.ts";
export * from "./ports.ts";
export * from "./processing/punctuation.ts";
export * from "./record.ts";
export * from "./processing/record_identity.ts";
export * from "./topology/roll_ups.ts";
export * from "./processing/side_output.ts";
export * from "./state/state.ts";
export * from "./task/status.ts";
export * from "./streams_app.ts";
export * from "./task/task_listener.ts";
export type { StreamsPorts } from "./task/task_session.ts";
export * from "./text.ts";
export * from "./topology/topology.ts";
export * from "./topology/topology_builder.ts";
export * from "./topology/windows.ts";

/**
 * What a job is described, run and asked with; `docs/ENGINE.md` says how. The folders of the
 * adapters (`level/`, `kafka/`) bring logs, stores and groups, `testing/mod.ts` what tests need.
 */
export * from "./codec.ts";
export * from "./handlers.ts";
export * from "./job_topics.ts";
export * from "./json_codecs.ts";
export * from "./ports.ts";
export * from "./punctuation.ts";
export * from "./record.ts";
export * from "./record_identity.ts";
export * from "./roll_ups.ts";
export * from "./side_output.ts";
export * from "./state.ts";
export * from "./status.ts";
export * from "./streams_app.ts";
export * from "./task_listener.ts";
export type { StreamsPorts } from "./task_session.ts";
export * from "./text.ts";
export * from "./topology.ts";
export * from "./topology_builder.ts";
export * from "./windows.ts";

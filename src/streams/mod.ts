/**
 * Exactly-once stream processing: what a job is described, run and asked with.
 *
 * `./kafka` and `./level` bring logs, stores and groups, `./testing` what tests need;
 * `docs/ENGINE.md` is the guide.
 *
 * @module
 */

// A job.
export {
  type Aggregation,
  type EventStream,
  type EventStreamWithRows,
  topology,
  type TopologyOptions,
  type WindowedStream,
  type WindowTable,
} from "./topology/topology_builder.ts";
export type {
  Aggregator,
  EventContext,
  KeyedEvents,
  Reading,
  RowMaker,
  Source,
  Topology,
  WindowResult,
} from "./topology/topology.ts";
export { hopping, type TimeWindows, tumbling } from "./topology/windows.ts";
export type { RollUpLevel, RollUps } from "./topology/roll_ups.ts";
export type { WindowState } from "./state/state.ts";
export type { Codec } from "./topology/codec.ts";
export { jsonCodec, jsonEngineCodecs } from "./topology/json_codecs.ts";
export type { ErrorHandlers, Verdict } from "./topology/handlers.ts";
export { type DeadLetterCause, deadLetterCauses } from "./processing/side_output.ts";
export type { Punctuation, Punctuator } from "./processing/punctuation.ts";
export type { KeyTime } from "./state/key_times.ts";

// Running it.
export { type AppSettings, StreamsApp, type WindowQuery } from "./streams_app.ts";
export type { TaskSettings } from "./task/stream_task.ts";
export type { Committed, StreamsPorts } from "./task/task_session.ts";
export type { EngineCodecs } from "./state/state.ts";
export type { ItemCounts } from "./item_counts.ts";
export type {
  RestoreProgress,
  StandbyState,
  StandbyStatus,
  TaskState,
  TaskStatus,
} from "./task/status.ts";
export type { CommitReport, TaskListener } from "./task/task_listener.ts";
export { changelogTopic } from "./topology/topology.ts";
export {
  type JobTopic,
  jobTopics,
  type TopicRole,
  type WithTopics,
} from "./topology/job_topics.ts";

// Records.
export type { Headers, LogRecord, Offset, OutputRecord, TopicPartition } from "./record.ts";
export { identityHeaders, type RecordIdentity } from "./processing/record_identity.ts";
export { decodeText, encodeText } from "../base/text.ts";

// Ports, for those who bring their own.
export type * from "./ports.ts";
export { noTasks } from "./ports.ts";
export { type Clock, systemClock } from "../base/clock.ts";
export { type Random, seededRandom, systemRandom } from "../base/random.ts";
export { type LogFields, type Logger, silentLogger } from "../base/logger.ts";
export {
  type Disposition,
  dispositionOf,
  type ErrorCode,
  type ErrorContext,
  PipelineError,
  type Remedies,
  type Remedy,
} from "../base/errors.ts";

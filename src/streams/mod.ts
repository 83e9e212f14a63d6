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
  type AggregateOf,
  type Job,
  job,
  type JobBeginning,
  type JobOptions,
  type TopicOptions,
  type ValueOptions,
} from "./topology/job.ts";
export {
  merge,
  type Stream,
  stream,
  type StreamCodec,
  type TimedStream,
} from "./topology/stream.ts";
export type { KeyOptions } from "./topology/keyed_source.ts";
export {
  count,
  countDistinct,
  first,
  type Fold,
  fold,
  type FoldParts,
  type Folds,
  type FoldValues,
  last,
  max,
  mean,
  min,
  type PlacedOptions,
  sum,
} from "./topology/folds.ts";
export type { Branches, Conditions, KeyedStream, Origins } from "./topology/keyed_stream.ts";
export type {
  Aggregation,
  FieldOptions,
  OverlappingStream,
  SessionAggregation,
  SessionStream,
  WindowAggregation,
  WindowedStream,
} from "./topology/folding.ts";
export { type JoinWindows, within } from "./topology/stream_join.ts";
export type { Either } from "./topology/either.ts";
export {
  type JoinableTable,
  type JoinedTable,
  table,
  type TopicTable,
} from "./topology/topic_table.ts";
export { type GlobalTable, globalTable, type GlobalTableOptions } from "./topology/global_table.ts";
export type { TableChange } from "./topology/table_changes.ts";
export type { Lookup, TableTopic } from "./topology/table_topic.ts";
export type {
  Due,
  KeyValueReader,
  KeyValueStore,
  KeyValueStores,
  PartnerWindow,
  StoreOf,
} from "./topology/key_values.ts";
export type {
  Processor,
  ProcessorContext,
  SchedulingContext,
  SchedulingProcessor,
  Steps,
  StoreCodecs,
  StoresOfKey,
} from "./topology/processor.ts";
export type { Origin, Values, ValuesPlan } from "./topology/values.ts";
export type {
  KeyTable,
  Results,
  SessionTable,
  Table,
  TablePlan,
  WindowTable,
} from "./topology/table.ts";
export type {
  Addition,
  Aggregator,
  Derivation,
  EventContext,
  EventOutput,
  Fault,
  KeyedEvents,
  KeyResult,
  NamedProcessor,
  Output,
  Reading,
  SessionResult,
  Source,
  StreamOutput,
  TopicOutput,
  Topology,
  WindowResult,
} from "./topology/topology.ts";
export {
  hopping,
  type HoppingWindows,
  session,
  type SessionWindows,
  sliding,
  type SlidingOptions,
  type SlidingWindows,
  type TimeWindows,
  tumbling,
  type WindowOptions,
} from "./topology/windows.ts";
export type { Duration } from "./topology/duration.ts";
export {
  type CheckedRollUps,
  checkedRollUps,
  type RollUpLevel,
  type RollUps,
} from "./topology/roll_ups.ts";
export type { WindowState } from "./topology/key_state.ts";
export type { Codec, WithValue } from "./topology/codec.ts";
export { json, text } from "./topology/codecs.ts";
export { jsonEngineCodecs } from "./state/json_engine_codecs.ts";
export type { ErrorHandlers, Verdict } from "./topology/handlers.ts";
export { type DeadLetterCause, deadLetterCauses } from "./side_output.ts";
export type { Punctuation, Punctuator } from "./topology/punctuation.ts";
export type { KeyTime } from "./topology/key_state.ts";
export {
  type Describable,
  describeTopology,
  mermaidTopology,
} from "./topology/describe_topology.ts";

// Running it.
export {
  type AnyJob,
  type JobServices,
  run,
  type RunOptions,
  type Runtime,
} from "./app/runtime.ts";
export { type AppSettings, StreamsApp, type WindowQuery } from "./app/streams_app.ts";
export type { TaskSettings } from "./task/stream_task.ts";
export type { Committed } from "./task/task_session.ts";
export type { StreamsPorts } from "./task/streams_ports.ts";
export { CacheBudget, type CachePart } from "./state/cache_budget.ts";
export type { EngineCodecs } from "./state/state.ts";
export type { KeyTopology } from "./state/cached_key.ts";
export type { OpenKey } from "./state/stored_windows.ts";
export type { ItemCounts } from "./item_counts.ts";
export type {
  RestoreProgress,
  StandbyState,
  StandbyStatus,
  TaskState,
  TaskStatus,
} from "./task/status.ts";
export type { CommitReport, TaskListener } from "./task/task_listener.ts";
export { changelogTopic, type WithInputs } from "./topology/topology.ts";
export {
  type JobTopic,
  jobTopics,
  type TopicRole,
  type WithTopics,
} from "./topology/job_topics.ts";

// Records.
export type { Headers, LogRecord, Offset, OutputRecord, TopicPartition } from "./record.ts";
export { identityHeaders, type RecordIdentity } from "./record_identity.ts";
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

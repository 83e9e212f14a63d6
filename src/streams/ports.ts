/**
 * What the engine needs from the world. The engine owns these interfaces; adapters implement
 * them, and every implementation passes the contract suites in `tests/contract/`.
 */
import type { LogRecord, Offset, OutputRecord, TopicPartition } from "./record.ts";

/** What one read brought. */
export interface Fetched {
  /** Committed data records in offset order; may be empty when only control records were passed. */
  readonly records: readonly LogRecord[];
  /** Position after this read: where the next one starts. Never less than before. */
  readonly nextOffset: Offset;
  /** End of the committed log (last stable offset) as known at this read. */
  readonly endOffset: Offset;
  /** Epoch of the leader that wrote the last of what was passed; `undefined` where none is known. */
  readonly leaderEpoch: number | undefined;
}

/** Reads one partition forward. Owner: the opener. */
export interface PartitionReader extends AsyncDisposable {
  /**
   * Waits until the position can move, then moves it: however many records follow, and however
   * large they are, one read brings a few MiB.
   *
   * @throws {PipelineError} `ABORTED` when the signal fires; `LOG_UNAVAILABLE` when the log does
   *   not answer (call again); `INPUT_TRUNCATED` when the position lies before the log's start, or
   *   behind what is left of the log as the position's leader epoch wrote it; `TOPIC_REPLACED` when
   *   the topic is not the one that was asked for.
   */
  next(signal: AbortSignal): Promise<Fetched>;
}

/** Offsets between which a partition can be read: `[startOffset, endOffset)`. */
export interface LogBounds {
  /** First offset that is still there. */
  readonly startOffset: Offset;
  /** Last stable offset: everything before it is decided, committed or aborted. */
  readonly endOffset: Offset;
}

/** What a topic is under its name: one that was deleted and created again is another one. */
export interface TopicDescription {
  /** Given by the log when the topic was created; never used again. */
  readonly id: string;
  /** How many it has; only ever more. */
  readonly partitions: number;
}

/** Where a reader starts, and in which log. */
export interface ReadFrom {
  /** Of the first record to read. */
  readonly offset: Offset;
  /**
   * Epoch of the leader that wrote what lies before the offset; without it a tail that the log has
   * lost and filled again is not noticed.
   *
   * @see KIP-320
   */
  readonly leaderEpoch?: number | undefined;
  /** The topic must be this one; without it whichever has the name is read. */
  readonly topicId?: string | undefined;
}

/** Partitioned, append-only topics, read as `read_committed`. */
export interface RecordLog {
  /**
   * Which topic has that name now.
   *
   * @throws {PipelineError} `TOPIC_UNSUITABLE` if the topic does not exist.
   */
  describe(topic: string): Promise<TopicDescription>;
  /** The offsets between which a partition can be read now. */
  bounds(partition: TopicPartition): Promise<LogBounds>;
  /** A reader whose first `next` starts at the offset. */
  open(partition: TopicPartition, from: ReadFrom): PartitionReader;
}

/**
 * Appends outside transactions: acknowledged by all replicas, in order per partition, once.
 *
 * A log keeps every timestamp, whatever it makes of it itself, and cuts what is `cuttable` where it
 * does not take it whole.
 */
export interface RecordAppender extends AsyncDisposable {
  /**
   * Resolves when every record is durable that the log takes.
   *
   * @returns The records that it never takes, as they are larger than its topic allows.
   * @throws {PipelineError} `LOG_UNAVAILABLE` when unsure or refused for now: append again.
   */
  append(records: readonly OutputRecord[]): Promise<readonly OutputRecord[]>;
}

/** Input position of a group, committed in the same transaction as the state. */
export interface CommittedOffset {
  /** Next input offset to process. */
  readonly offset: Offset;
  /** What the committer wrote beside it. */
  readonly metadata: string;
}

/** A committed position with the partition that it is of. */
export interface GroupPosition extends CommittedOffset, TopicPartition {}

/** How far a task is in one of its inputs. */
export interface InputPosition extends TopicPartition {
  /** Next offset to process. */
  readonly offset: Offset;
}

/** Everything that one commit makes true at once. */
export interface Transaction {
  /** Changelog entries and side outputs, in order. */
  readonly records: readonly OutputRecord[];
  /** Partition of the changelog that takes the changes of the state. */
  readonly changelog: TopicPartition;
  /** Partition of the input whose position moves. */
  readonly input: TopicPartition;
  /** Next input offset to process. */
  readonly inputOffset: Offset;
  /** The same for the task's further inputs. */
  readonly others?: readonly InputPosition[];
  /** The same for what others sent on to this partition: a log may drop what lies before. */
  readonly rekeyed?: InputPosition | undefined;
  /** Makes the commit's metadata from the changelog position that holds after it. */
  readonly metadata: (changelogPosition: Offset) => string;
}

/** The one writer of a task: every earlier holder is fenced. Disposing twice is fine. */
export interface FencedWriter extends AsyncDisposable {
  /**
   * Commits all or nothing; what is `cuttable` is cut where the log does not take it whole.
   *
   * @returns The changelog position after this transaction's records.
   * @throws {PipelineError} `LOG_FENCED` when a newer owner exists; `LOG_UNAVAILABLE` when the
   *   transaction is known not to have happened; `COMMIT_UNKNOWN` when its outcome is not known;
   *   `TOPIC_UNSUITABLE` when a record is larger than its topic allows. After each of them this
   *   writer is spent.
   */
  commit(transaction: Transaction): Promise<Offset>;
  /**
   * True when this writer must not commit again: fence first.
   *
   * So it is after an error, and after a commit of which a request had to be repeated: the first
   * copy may still arrive, and would end or change the next transaction of this writer (KIP-890).
   */
  readonly spent: boolean;
}

/** All that the transactions of a partition's owner write, besides its positions. */
export interface OwnOutputs {
  /** Of the partition. */
  readonly changelog: TopicPartition;
  /** Further topics, any partition of them. */
  readonly topics: readonly string[];
  /** Changelog position after a commit, as its metadata says. */
  readonly changelogPositionIn: (metadata: string) => Offset | undefined;
}

/** Transactions over state changes and input positions. */
export interface CommitLog {
  /**
   * Becomes the only writer for an input partition. When it resolves, no transaction of an
   * earlier owner is pending: each is committed or aborted permanently.
   *
   * @param outputs Where to look for a transaction whose end the log itself has lost; without it
   *   there is no looking. The writer writes to nothing else.
   */
  fence(input: TopicPartition, outputs?: OwnOutputs): Promise<FencedWriter>;
  /** The position that was last committed; `undefined` before the first commit. */
  committed(input: TopicPartition): Promise<CommittedOffset | undefined>;
  /** Every position that the group has committed, of whatever topic; what is pending is not. */
  positions(): Promise<readonly GroupPosition[]>;
}

/** What the group gives an instance of a topic, whole: what is not listed is not its any more. */
export interface TaskAssignment {
  /** Partitions to process, ascending. */
  readonly active: readonly number[];
  /** Partitions whose state is to be kept near the end of its changelog, ascending. */
  readonly standbys: readonly number[];
  /** Those of the standbys that become active here as soon as they are current. */
  readonly warmUps: readonly number[];
  /** Those of the active ones that a living owner closes now: it is to make its last commit. */
  readonly handedOver: readonly number[];
}

/** Nothing is ours. */
export const noTasks: TaskAssignment = {
  active: [],
  standbys: [],
  warmUps: [],
  handedOver: [],
};

/** How much of a partition's state an instance has. */
export interface HeldState {
  /** Position in the changelog up to which it has every entry. */
  readonly position: Offset;
  /** True when the store is open and next to nothing is missing: it can take over at once. */
  readonly current: boolean;
  /** True where the instance's own disk fails: any other instance is better placed. */
  readonly unable?: true;
}

/** Told of ownership; calls never overlap. */
export interface AssignmentListener {
  /** What we have, by partition; asked before each join. Waits for stores that are being opened. */
  held(): Promise<ReadonlyMap<number, HeldState>>;
  /**
   * What is ours from now on: open the new, commit and close what is gone, continue with the rest.
   * The new owner may have begun already, and then fences us.
   */
  assigned(assignment: TaskAssignment): Promise<void>;
  /** We were taken for dead: nothing is ours, nothing may be committed. */
  lost(): Promise<void>;
}

/** Where an instance answers queries: http(s) URLs without a trailing slash, as far as known. */
export interface Addresses {
  /** For clients. */
  readonly address?: string;
  /** For the other instances, may be internal; without it they use `address`. */
  readonly peer?: string;
  /** Names this run of the program: its pulse begins with it. */
  readonly run?: string;
  /** Shows those who share a secret with this instance that these are its addresses. */
  readonly proof?: string;
}

/**
 * Watches the other members of a group, so that one that has died is noticed before its session
 * ends.
 */
export interface MemberWatch {
  /**
   * Watches exactly these members from now on, by their ids.
   *
   * @param onDead Told once of a member that has ended without a word, or has been silent for long.
   */
  follow(members: ReadonlyMap<string, Addresses>, onDead: (memberId: string) => void): void;
}

/** Shares the partitions of a topic among the instances of an application. */
export interface GroupMembership {
  /** Why the group cannot be reached; `undefined` while it can. */
  readonly problem?: string | undefined;
  /** Takes part until the signal fires, then leaves; `assigned(noTasks)` is the last call. */
  run(topic: string, listener: AssignmentListener, signal: AbortSignal): Promise<void>;
  /** Asks the group to rebalance, as what we hold has changed. */
  reconsider(): void;
  /**
   * Where the other instance that owns a partition answers queries, as the group last said.
   * `undefined` for our own, and where no owner is known.
   */
  ownerOf(partition: number): Addresses | undefined;
}

/** A key with its new value; `null` deletes. */
export interface StoreEntry {
  /** Raw key, as in the changelog. */
  readonly key: Uint8Array;
  /** Raw value; `null` deletes the key. */
  readonly value: Uint8Array | null;
}

/** How far a local store is true; a fact on disk beside the state. */
export interface Checkpoint {
  /** Position in the changelog up to which the store holds every entry. */
  readonly changelogPosition: Offset;
}

/** Bounds of a scan by bytewise key order. */
export interface KeyRange {
  /** First key. */
  readonly gte: Uint8Array;
  /** End: the first key behind the range. */
  readonly lt: Uint8Array;
  /** True to begin with the last key. */
  readonly reverse?: boolean;
  /** Most entries to bring; all without it. */
  readonly limit?: number;
}

/** One row of a store. */
export interface StoreRow {
  /** Unique in the store. */
  readonly key: Uint8Array;
  /** As it was applied. */
  readonly value: Uint8Array;
}

/** A store as it was at one moment, whatever is applied since. Owner: whoever asked for it. */
export interface StateView extends AsyncDisposable {
  /** The value of a key; `undefined` if there is none. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Rows of a range in key order, in portions: a promise for each row costs as much as the row. */
  scan(range: KeyRange): AsyncIterable<readonly StoreRow[]>;
}

/**
 * Ordered local bytes of one task. Owner: the task.
 *
 * Values are checked on every read: damage surfaces as `STORE_CORRUPT`, never as other data.
 */
export interface StateStore extends StateView {
  /** `undefined` for a store that has never been written. */
  readonly checkpoint: Checkpoint | undefined;
  /** The store as it is now: before a batch that is under way, or behind it. */
  view(): StateView;
  /**
   * What `get` would give for each key, in their order, without holding up the program.
   *
   * Ordering: an `apply` that is under way meanwhile must change none of these keys.
   */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  /**
   * Writes entries and checkpoint in one atomic batch, behind those that are under way.
   *
   * Ordering: where one fails, so do those behind it, and the store must be opened again.
   */
  apply(entries: readonly StoreEntry[], checkpoint: Checkpoint): Promise<void>;
}

/** The local stores of this instance; one process at a time. */
export interface StateStores {
  /**
   * Opens or creates a task's store.
   *
   * @param changelogId Id of the changelog topic that the store follows. One that followed another
   *   topic, of the same name even, is `STORE_FOREIGN`: its offsets mean nothing here.
   * @throws {PipelineError} `STORE_LOCKED`, `STORE_FOREIGN`, `STORE_CORRUPT`, `STORE_UNAVAILABLE`.
   */
  open(input: TopicPartition, changelogId: string): Promise<StateStore>;
  /** Deletes a task's store, closed before, so that the next `open` starts empty. */
  destroy(input: TopicPartition): Promise<void>;
  /** Partitions of a topic that have a store here, open or not, ascending. */
  partitions(topic: string): Promise<number[]>;
}

/** Where results go. */
export interface Sink<Row> {
  /**
   * Makes the rows durable; may be repeated with the same rows at any time.
   *
   * @throws {PipelineError} `SINK_UNAVAILABLE` (write again) or `SINK_REJECTED` (never).
   */
  write(rows: readonly Row[]): Promise<void>;
}

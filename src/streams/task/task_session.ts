import { retrying } from "../../base/backoff.ts";
import { type Changes, collectChanges, metaAlone } from "../commit/changes.ts";
import { changedResults, rowsOf } from "../commit/changed_results.ts";
import {
  type CommitOptions,
  type CommitPlace,
  Committer,
  portionRows,
  portions,
} from "../commit/commit.ts";
import { ownOutputs } from "../commit/own_outputs.ts";
import { keyTimes } from "../state/key_times.ts";
import type { KeyTime } from "../topology/key_state.ts";
import type { Fetched, ReadFrom, StateStore } from "../ports.ts";
import { RecordProcessor } from "../processing/processor.ts";
import type { Arrival } from "../repartition_record.ts";
import type { LogRecord, Offset, OutputRecord, TopicPartition } from "../record.ts";
import { bringUpToDate, findPlace, type PlaceObserver, refuseOtherCommit } from "./find_place.ts";
import { type Inputs, openInputs } from "./inputs.ts";
import { ReadAhead } from "../processing/read_ahead.ts";
import { resultsOf, type ResultsUnderWay } from "./results_under_way.ts";
import { unshownResults } from "../commit/unshown_results.ts";
import type { TaskMeta } from "../state/state.ts";
import { aheadOfRows } from "../state/reissue.ts";
import { underRules } from "../state/rules.ts";
import type { TaskState } from "./status.ts";
import type { StreamsPorts } from "./streams_ports.ts";
import { TaskPace } from "./task_pace.ts";
import type { Topology } from "../topology/topology.ts";
import { changedBytesMax } from "../state/cache_budget.ts";
import { KeyValues } from "../state/key_values.ts";
import { Sweep } from "../state/sweep.ts";
import { plainRows } from "../topology/routed_row.ts";
import { rulesOf } from "../topology/rules.ts";
import { decodeText } from "../text.ts";
import { windowingOf } from "../state/windowing.ts";
import { writeTimeUs } from "../state/write_times.ts";
import { WriteCache } from "../state/write_cache.ts";

/** Told how an opening task gets on. */
export interface OpeningObserver extends PlaceObserver {
  readonly onState: (state: TaskState) => void;
  readonly onProblem: (error: unknown) => void;
  /** Called whenever one of the `inputs` has something to take; must not throw. */
  readonly onArrival: () => void;
}

/** A commit that happened. */
export interface Committed {
  /** @internal */
  readonly meta: TaskMeta;
  /** Behind the last record of the commit. */
  readonly changelogPosition: Offset;
  /** Late events and dead letters. */
  readonly sideOutputs: readonly OutputRecord[];
}

const prepareRetry = { baseMs: 200, maxMs: 5_000 };

/**
 * A task from fencing to close: its open store, its cache, its place in the input.
 *
 * Owner: the `StreamTask`, which opens a new session after every failure. Guarantee: dropped
 * without `commit`, it leaves the state as of the last commit.
 */
export class TaskSession<E, A, R> implements AsyncDisposable {
  readonly #ports: StreamsPorts<R>;
  readonly #topology: Topology<E, A, R>;
  readonly #resources: AsyncDisposableStack;
  readonly #cache: WriteCache<A>;
  readonly #stores: KeyValues;
  readonly #sweep = new Sweep();
  readonly #committer: Committer<R>;
  readonly #processor: RecordProcessor<E, A, R>;
  /** Where tasks wait for each other. */
  readonly pace: TaskPace | undefined;
  readonly #unfinished: (signal: AbortSignal) => Promise<void>;
  readonly #partition: number;
  /** Write time of the last event whose results the sink has, or gets: see `ChangeSources`. */
  #shownUs: number;
  readonly store: StateStore;
  /** Those of its commits; `undefined` where no one wants rows of results. */
  readonly results: ResultsUnderWay | undefined;
  /** The inputs, in the order that breaks ties of time. */
  readonly inputs: Inputs;
  /** What others sent on to this partition, where the job does so. */
  readonly rekeyed: ReadAhead | undefined;
  /** True for a task that has a past. */
  readonly takenUp: boolean;

  private constructor(
    ports: StreamsPorts<R>,
    topology: Topology<E, A, R>,
    parts: {
      readonly store: StateStore;
      readonly cache: WriteCache<A>;
      readonly stores: KeyValues;
      readonly inputs: Inputs;
      readonly rekeyed: ReadAhead | undefined;
      readonly committer: Committer<R>;
      readonly results: ResultsUnderWay | undefined;
      readonly meta: TaskMeta;
      readonly shownUs: number;
      readonly place: CommitPlace;
      readonly pace: TaskPace | undefined;
      readonly unfinished: (signal: AbortSignal) => Promise<void>;
      readonly takenUp: boolean;
      readonly resources: AsyncDisposableStack;
    },
  ) {
    this.#ports = ports;
    this.#topology = topology;
    this.#resources = parts.resources;
    this.#committer = parts.committer;
    this.store = parts.store;
    this.results = parts.results;
    this.inputs = parts.inputs;
    this.rekeyed = parts.rekeyed;
    this.#unfinished = parts.unfinished;
    this.takenUp = parts.takenUp;
    this.#cache = parts.cache;
    const { meta, place } = parts;
    this.#stores = parts.stores;
    this.#partition = place.input.partition;
    this.#shownUs = parts.shownUs;
    this.pace = parts.pace;
    this.#processor = new RecordProcessor(
      topology,
      this.#cache,
      this.#stores,
      meta,
      place.repartition,
      parts.pace?.pace,
    );
  }

  /**
   * Fences earlier owners, then opens the store, restores it and finds the place in the input.
   *
   * @throws {PipelineError} As its ports do; `INPUT_TRUNCATED` or `CHANGELOG_TRUNCATED` for gaps,
   *   `STATE_UNREADABLE` for a state of other windows, `TOPIC_REPLACED` or `PARTITIONS_CHANGED`
   *   for one of other topics.
   */
  static async open<E, A, R>(
    ports: StreamsPorts<R>,
    topology: Topology<E, A, R>,
    place: CommitPlace,
    observer: OpeningObserver,
    signal: AbortSignal,
  ): Promise<TaskSession<E, A, R>> {
    await using opening = new AsyncDisposableStack();
    observer.onState("fencing");
    const writer = opening.use(await ports.commitLog.fence(place.input, ownOutputs(place)));
    const committed = await ports.commitLog.committed(place.input);
    refuseOtherCommit(place, committed);
    const store = opening.use(await ports.stores.open(place.input, place.lineage.changelogId));
    observer.onState("restoring");
    await bringUpToDate(ports, place, store, committed, observer, signal);
    const ends = new Map<string, Offset>();
    const onEnd = (topic: string, endOffset: Offset) => {
      ends.set(topic, endOffset);
      observer.onEnd(topic, endOffset);
    };
    const found = await findPlace(ports, place, windowingOf(topology), store, committed, { onEnd });
    const cache = opening.use(new WriteCache(store, topology, ports.budget));
    await ports.globals?.ready(signal);
    const stores = opening.use(await KeyValues.open(store, topology.processors, ports));
    const ahead = await aheadOfRows({ store, cache }, found, ports.rowsVersionUs);
    const meta = underRules(ahead, rulesOf(topology));
    const takenUp = store.checkpoint !== undefined;
    const openInput = ({ topic, partition }: TopicPartition, from: ReadFrom) => {
      const at = { offset: from.offset, endOffset: ends.get(topic) as Offset };
      const reader = ports.log.open({ topic, partition }, from);
      return opening.use(new ReadAhead(topic, reader, at, observer.onArrival, signal));
    };
    const { inputs, rekeyed } = openInputs(place, meta, openInput);
    const { onProblem } = observer;
    const committer = new Committer(
      { ...ports, sink: ports.sink, store, onProductionError: topology.handlers.onProductionError },
      place,
      writer,
      committed,
      onProblem,
    );
    opening.use(committer);
    const results = resultsOf(ports, topology, store, committer, committed);
    if (results !== undefined) opening.use(results);
    const unfinished = async (signal: AbortSignal) => {
      const last = { committed, wholeFromMs: meta.wholeFromMs };
      const sources = { log: ports.log, store };
      for await (const results of unshownResults(sources, topology, place, last, signal)) {
        await committer.show(results, signal);
      }
      if (meta.rules === found.rules) return;
      await committer.commit(metaAlone(meta, ports.codecs), { signal, last: false });
    };
    return new TaskSession(ports, topology, {
      store,
      cache,
      stores,
      inputs,
      rekeyed,
      committer,
      results,
      meta,
      shownUs: writeTimeUs(found),
      place,
      pace: TaskPace.of(ports, topology, place, inputs[0], ends),
      unfinished,
      takenUp,
      resources: opening.move(),
    });
  }

  /**
   * Writes the results that the last commit before this session may have left unwritten, commits
   * what has changed of the rules, and begins to read.
   */
  async begin(signal: AbortSignal): Promise<void> {
    await this.#unfinished(signal);
    for (const input of this.inputs) input.start();
    this.rekeyed?.start();
  }

  /** True when there is something to commit. */
  get changed(): boolean {
    return this.#processor.changed || this.pace?.owesNews === true;
  }

  /** Where the windows begin that lack nothing, epoch ms; see `TaskMeta.wholeFromMs`. */
  get wholeFromMs(): number {
    return this.#processor.wholeFromMs ?? Infinity;
  }

  /**
   * True when as much waits for the next commit as should.
   *
   * @param pendingMax Bound of rows of events, records of streams and side topics, changed keys.
   */
  isFull(pendingMax: number): boolean {
    const { eventRows, sideOutputs, emitted, isFull } = this.#processor;
    const bytes = this.#cache.dirtyBytes + this.#stores.pendingBytes;
    const rows = this.#cache.dirtyKeys.length + this.#stores.pendingRows;
    const records = sideOutputs.length + emitted.length;
    return isFull || bytes >= changedBytesMax || eventRows.length + records + rows >= pendingMax ||
      this.pace?.pace.isDue === true;
  }

  get meta(): TaskMeta {
    return this.#processor.meta;
  }

  /** Fetches what the records need before they can be processed synchronously. */
  async prepare(records: readonly LogRecord[], signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#ports;
    const readable = records.filter(isReadable);
    await retrying(() => this.#topology.source.prepare(readable), {
      policy: prepareRetry,
      clock,
      random,
      signal,
    });
    await this.#cache.readAhead(() => keysOf(readable));
  }

  /** Every key with its time, as of the last commit. */
  keys(): AsyncIterable<KeyTime> {
    return keyTimes(this.store);
  }

  /** Takes note of what the records of a read have in common, before the first is applied. */
  begins(topic: string, { leaderEpoch }: Fetched): void {
    this.pace?.reads(topic, { midRead: true });
    this.#processor.writtenIn(topic, leaderEpoch);
  }

  /** Applies one prepared record of an input. */
  process(record: LogRecord): void {
    this.#processor.process(record);
  }

  /** Applies all that one record of the repartition topic has brought, once that is prepared. */
  processArrival(arrival: Arrival): void {
    this.#processor.processArrival(arrival);
  }

  /** Moves the position in a topic behind what was fetched, control records included. */
  passed(topic: string, { nextOffset }: Fetched): void {
    this.pace?.reads(topic, { midRead: false });
    this.#processor.skipTo(topic, nextOffset);
  }

  /**
   * Takes everything processed so far for a commit; what is processed from then on is the next
   * one's.
   *
   * Ordering: the last one is done.
   */
  async takeChanges(): Promise<Changes<R>> {
    if (this.pace !== undefined) {
      const { inputOffset: offset } = this.#processor.meta;
      this.#processor.tell({ partition: this.#partition, offset }, this.pace.reach);
    }
    const changes = await collectChanges({
      topology: this.#topology,
      codecs: this.#ports.codecs,
      store: this.store,
      cache: this.#cache,
      stores: this.#stores,
      processor: this.#processor,
      sweep: this.#sweep,
      partition: this.#partition,
      shownUs: this.#shownUs,
    });
    this.#shownUs = writeTimeUs(changes.meta);
    this.#processor.handOver();
    this.#cache.handOver();
    this.#stores.handOver();
    return changes;
  }

  /**
   * Makes what was taken durable, while more may be processed. Rows of results are on their way to
   * the sink then: these are to be shown, and `settle` to be waited for.
   *
   * @param looksOn Asked, once the store has the commit, who is to be told of rows that are true now:
   *   those of events, then those of results in portions. Without anyone, none are made for that.
   */
  async commit(
    changes: Changes<R>,
    { looksOn, ...options }: CommitOptions & {
      readonly looksOn?: () => ((rows: readonly R[]) => void) | undefined;
    },
  ): Promise<Committed> {
    await this.results?.ready(changes.entries, options.signal);
    const shownTo = this.results?.shownTo;
    const { changelogPosition } = await this.#committer.commit(changes, { ...options, shownTo });
    this.#tell(changes, looksOn?.());
    this.results?.add(changes.results, changelogPosition);
    const { meta, sideOutputs } = changes;
    return { meta, sideOutputs, changelogPosition };
  }

  #tell({ eventRows, results }: Changes<R>, onRows?: (rows: readonly R[]) => void): void {
    if (onRows === undefined) return;
    onRows(plainRows(eventRows));
    const changed = changedResults(this.#topology, this.store, results);
    for (const portion of portions(rowsOf(this.#topology, changed), portionRows)) {
      onRows(plainRows(portion));
    }
  }

  /** Ends a commit: waits until the next one may begin, as far as results are concerned. */
  async settle(signal: AbortSignal): Promise<void> {
    await this.results?.settled(signal);
    this.#cache.settle();
    this.#stores.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

/** Keys of records, which those of their events mostly are. */
function* keysOf(records: readonly LogRecord[]): Generator<string> {
  for (const { key } of records) {
    const text = key === null ? undefined : decodeText(key);
    if (text !== undefined) yield text;
  }
}

function isReadable({ unreadable }: LogRecord): boolean {
  return unreadable === undefined;
}

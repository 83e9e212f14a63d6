import { type Disposition, PipelineError } from "../../base/errors.ts";
import type { CommitOptions, CommitPlace } from "../commit/commit.ts";
import { CommitUnderWay } from "../commit/commit_under_way.ts";
import { formerOwnerIsDone } from "../commit/hand_over.ts";
import { TaskControl } from "./task_control.ts";
import { InvariantError } from "../../base/assert.ts";
import { InheritedStore } from "./inherited_store.ts";
import { superviseTask } from "./supervision.ts";
import type { Fetched, HeldState, StateStore } from "../ports.ts";
import { PunctuationSchedule } from "../topology/punctuation.ts";
import type { ReadAhead } from "../processing/read_ahead.ts";
import { TimeOrder } from "../processing/time_order.ts";
import { arrivals } from "../repartition_record.ts";
import type { LogRecord } from "../record.ts";
import { type TaskListener, wantsRows } from "./task_listener.ts";
import { type Committed, TaskSession } from "./task_session.ts";
import type { StreamsPorts } from "./streams_ports.ts";
import type { WaitingTask } from "./task_pace.ts";
import { TaskReport } from "./task_report.ts";
import type { TaskStatus } from "./status.ts";
import type { Topology } from "../topology/topology.ts";

/** How a task paces itself. */
export interface TaskSettings {
  /**
   * Longest time between the beginnings of commits while there is something to commit, ms; ten times
   * as long, up to a second, for a task that is behind its input: no one waits for what it reads.
   */
  readonly commitIntervalMs: number;
  /**
   * Rows of events, records for side topics and changed keys that wait at most before a commit is
   * made early; as many may be in the one under way.
   */
  readonly pendingRowsMax: number;
}

/** Longest time between commits that a shorter interval is stretched to, ms. */
const stretchedMsMax = 1_000;

/** What was before a task. */
export interface TaskOrigin {
  /** The partition's open store, where a standby here had it. */
  readonly inherited: StateStore | undefined;
  /** True when a living owner is closing the partition at this moment. */
  readonly handedOver: boolean;
}

/**
 * One input partition's unit of work: fences, restores, processes, commits, until it is closed.
 *
 * A failure drops the session and, by its disposition, starts a new one from the last commit,
 * rebuilds the store first, or ends in `failed` until the task is closed.
 *
 * Owner: the `StreamsApp`.
 */
export class StreamTask<E, A, R> {
  readonly #ports: StreamsPorts<R>;
  readonly #topology: Topology<E, A, R>;
  readonly #place: CommitPlace;
  readonly #settings: TaskSettings;
  readonly #listener: TaskListener<R>;
  readonly #control: TaskControl;
  readonly #report: TaskReport;
  readonly #stores: InheritedStore;
  #session: TaskSession<E, A, R> | undefined;
  /** True while the partition's former owner is about to make its last commit. */
  #handedOver: boolean;
  /** When the last commit began. */
  #lastCommitMs = 0;
  /** Topics of which the last read has left something. */
  readonly #behind = new Set<string>();
  #ended: Promise<void> | undefined;

  constructor(
    ports: StreamsPorts<R>,
    topology: Topology<E, A, R>,
    place: CommitPlace,
    settings: TaskSettings,
    listener: TaskListener<R>,
    { inherited, handedOver }: TaskOrigin,
  ) {
    this.#ports = ports;
    this.#topology = topology;
    this.#place = place;
    this.#settings = settings;
    this.#listener = listener;
    this.#control = new TaskControl(ports.clock);
    this.#report = new TaskReport(place.input, ports);
    this.#stores = new InheritedStore(ports.stores, inherited);
    this.#handedOver = handedOver;
  }

  get status(): TaskStatus {
    return { ...this.#report.status, resultsUnderWay: this.#session?.results?.any === true };
  }

  /** How much of the state is here; `undefined` while that is not known. */
  get held(): HeldState | undefined {
    const { changelogPosition: position } = this.#report.status;
    return position === undefined ? undefined : { position, current: this.#session !== undefined };
  }

  /** The open session while the task can answer queries. */
  get session(): TaskSession<E, A, R> | undefined {
    return this.#session;
  }

  /** Begins; returns at once. */
  start(): void {
    this.#ended ??= this.#run();
  }

  /** Commits and closes; what is not done after `boundMs` is dropped, as of the last commit. */
  async close(boundMs: number): Promise<void> {
    await this.#control.close(boundMs, this.#ended);
  }

  /** Drops everything since the last commit: for a partition that is no longer ours. */
  async abandon(): Promise<void> {
    this.#control.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    await using stores = this.#stores;
    await superviseTask(() => this.#live(), {
      clock: this.#ports.clock,
      random: this.#ports.random,
      control: this.#control,
      destroyStore: () => stores.destroy(this.#place.input),
      onFailure: (error, disposition) => this.#failed(error, disposition),
    });
    this.#report.state("closed");
    this.#listener.closed(this.#place.input);
  }

  #failed(error: unknown, disposition: Disposition): void {
    this.#control.idle();
    // The new owner need not wait for our last commit: what it held is done there.
    if (disposition === "rejoin" && this.#control.closing) return;
    this.#report.failed(error, disposition);
    this.#listener.failed(this.#place.input, error);
  }

  async #live(): Promise<void> {
    const { signal } = this.#control;
    if (this.#handedOver) {
      this.#handedOver = false;
      await formerOwnerIsDone(this.#ports, this.#place.input, signal);
    }
    await using session = await TaskSession.open(
      { ...this.#ports, stores: this.#stores },
      this.#topology,
      this.#place,
      {
        onState: (state) => this.#report.state(state),
        onRestore: (progress) => this.#report.restoring(progress),
        onProblem: (error) => this.#report.problem(error),
        onArrival: () => this.#control.ring(),
        onEnd: (topic, endOffset) => this.#report.ends(topic, endOffset),
      },
      signal,
    );
    this.#session = session;
    try {
      await session.begin(signal);
      await this.#work(session, signal);
    } finally {
      this.#session = undefined;
    }
  }

  async #work(session: TaskSession<E, A, R>, signal: AbortSignal): Promise<void> {
    this.#report.opened(session.meta, session.store.checkpoint?.changelogPosition);
    this.#listener.opened(this.#place.input);
    // A task that takes up a state has kept its readers waiting: its first commit is due at once.
    const { commitIntervalMs } = this.#settings;
    const waitedMs = session.takenUp ? Math.max(commitIntervalMs, stretchedMsMax) : 0;
    this.#lastCommitMs = this.#ports.clock.monotonicMs() - waitedMs;
    try {
      await this.#loop(session, signal);
    } finally {
      this.#report.state("closing");
    }
  }

  async #loop(session: TaskSession<E, A, R>, signal: AbortSignal): Promise<void> {
    await using underWay = new CommitUnderWay(signal, () => this.#control.ring());
    try {
      this.#control.busy();
      await this.#processAll(session, underWay);
      await underWay.ended();
      if (session.changed) await this.#commit(session, underWay, { last: true });
      await underWay.ended();
      await session.results?.ended(underWay.signal);
    } catch (error) {
      // It woke whoever waited, which then says no more than that.
      throw underWay.failure?.error ?? error;
    }
  }

  /** Processes what comes, and begins commits, until the task is to end. */
  async #processAll(session: TaskSession<E, A, R>, underWay: CommitUnderWay): Promise<void> {
    const schedule = new PunctuationSchedule(this.#topology.punctuators, this.#ports.clock);
    const order = this.#orderOf(session);
    while (!this.#control.closing) {
      underWay.check();
      if (order === undefined) {
        // One fetch of each in turn: neither the input nor what was sent on waits for the other.
        await this.#processFetched(session, session.inputs[0], underWay);
        await this.#processFetched(session, session.rekeyed, underWay);
      } else {
        await this.#processInOrder(session, order, underWay);
      }
      if (!underWay.busy) {
        await this.#punctuate(session, schedule);
        if (session.changed && this.#untilDueMs() <= 0) {
          await this.#commit(session, underWay, { last: false });
        }
      }
      const waitMs = underWay.busy ? undefined : this.#untilWorkMs(session, schedule);
      await this.#control.wait(earlier(waitMs, order?.untilDueMs));
    }
  }

  /** Until a commit or a punctuator is due; `undefined` while none will be. */
  #untilWorkMs({ changed }: TaskSession<E, A, R>, { untilDueMs }: PunctuationSchedule) {
    return earlier(changed ? this.#untilDueMs() : undefined, untilDueMs);
  }

  /** A punctuator only looks: when one fails, that is said, and the task continues. */
  async #punctuate(session: TaskSession<E, A, R>, schedule: PunctuationSchedule): Promise<void> {
    const { untilDueMs } = schedule;
    if (untilDueMs === undefined || untilDueMs > 0) return;
    let failure: { readonly error: unknown } | undefined;
    try {
      await schedule.run({ input: this.#place.input, keys: () => session.keys() });
    } catch (error) {
      if (error instanceof PipelineError || error instanceof InvariantError) throw error;
      failure = { error };
    }
    this.#report.punctuated(failure);
  }

  /** Only several inputs have an order. */
  #orderOf({ inputs, rekeyed }: TaskSession<E, A, R>): TimeOrder | undefined {
    if (inputs.length === 1) return undefined;
    const tables = new Set(this.#topology.tables.map(({ topic }) => topic));
    const isTable = ({ topic }: ReadAhead) => tables.has(topic);
    const tablesFirst = inputs.toSorted((a, b) => Number(isTable(b)) - Number(isTable(a)));
    return new TimeOrder(tablesFirst, rekeyed, this.#ports.clock, this.#topology.maxIdleMs);
  }

  /** Takes about as much as has arrived of several inputs. */
  async #processInOrder(
    session: TaskSession<E, A, R>,
    order: TimeOrder,
    underWay: CommitUnderWay,
  ): Promise<void> {
    for (let reads = 0; reads < session.inputs.length && !this.#control.closing;) {
      const turn = order.next();
      if (turn === undefined) return;
      const { input, fetched, records, first, last } = turn;
      if (first) this.#begins(session, input, fetched);
      await this.#processRecords(session, input, records, underWay);
      if (last) this.#passed(session, input, fetched);
      if (last) reads++;
    }
    this.#control.ring(); // there may be more, without another arrival
  }

  async #processFetched(
    session: TaskSession<E, A, R>,
    input: ReadAhead | undefined,
    underWay: CommitUnderWay,
  ): Promise<void> {
    const fetched = input?.take();
    if (input === undefined || fetched === undefined) return;
    this.#begins(session, input, fetched);
    const isWhole = await this.#processRecords(session, input, fetched.records, underWay);
    if (isWhole) this.#passed(session, input, fetched);
  }

  /** @returns False where the task is to end before all are applied. */
  async #processRecords(
    session: TaskSession<E, A, R>,
    input: ReadAhead,
    records: readonly LogRecord[],
    underWay: CommitUnderWay,
  ): Promise<boolean> {
    const { signal } = underWay;
    if (input !== session.rekeyed) {
      await session.prepare(records, signal);
      return await this.#apply(session, records, (record) => session.process(record), underWay, {
        paced: true,
      });
    }
    for (const portion of arrivals(records)) {
      await session.prepare(portion.flatMap(({ parts }) => parts ?? []), signal);
      await this.#apply(session, portion, (one) => session.processArrival(one), underWay, {
        paced: false,
      });
    }
    return true;
  }

  #begins(session: TaskSession<E, A, R>, { topic }: ReadAhead, fetched: Fetched): void {
    session.begins(topic, fetched);
    if (fetched.nextOffset < fetched.endOffset) this.#behind.add(topic);
    else this.#behind.delete(topic);
    this.#report.ends(topic, fetched.endOffset);
  }

  #passed(session: TaskSession<E, A, R>, input: ReadAhead, fetched: Fetched): void {
    session.passed(input.topic, fetched);
    this.#listener.fetched(this.#place.input, fetched.records.length);
  }

  /**
   * Applies one thing after the other; commits where enough waits, after the last one is done, and
   * waits for other tasks where the input is ahead of theirs.
   *
   * @returns False where the task is to end before that.
   */
  async #apply<T>(
    session: TaskSession<E, A, R>,
    all: readonly T[],
    apply: (one: T) => void,
    underWay: CommitUnderWay,
    { paced }: { readonly paced: boolean },
  ): Promise<boolean> {
    for (const one of all) {
      if (paced && session.pace?.isAhead === true) {
        const waiting = this.#waiting(session, underWay);
        if (!await session.pace.othersHaveCaughtUp(waiting)) return false;
      }
      apply(one);
      if (session.isFull(this.#settings.pendingRowsMax)) {
        await underWay.ended();
        await this.#commit(session, underWay, { last: false });
      }
    }
    return true;
  }

  #waiting(session: TaskSession<E, A, R>, underWay: CommitUnderWay): WaitingTask {
    return {
      signal: underWay.signal,
      goesOn: () => {
        underWay.check();
        return !this.#control.closing;
      },
      processSentOn: () => this.#processFetched(session, session.rekeyed, underWay),
      commit: async ({ atOnce }) => {
        const isDue = session.changed && (atOnce || this.#untilDueMs() <= 0);
        if (isDue && !underWay.busy) await this.#commit(session, underWay, { last: false });
      },
      wait: (ms) => this.#control.wait(ms),
      ring: () => this.#control.ring(),
    };
  }

  /** Begins a commit of everything processed so far; the last one is done. */
  async #commit(
    session: TaskSession<E, A, R>,
    underWay: CommitUnderWay,
    { last }: Pick<CommitOptions, "last">,
  ): Promise<void> {
    const startedMs = this.#lastCommitMs = this.#ports.clock.monotonicMs();
    const changes = await session.takeChanges();
    const listener = this.#listener;
    const tell = (rows: readonly R[]) => listener.rows?.(this.#place.input, rows);
    const looksOn = () => wantsRows(listener) ? tell : undefined;
    underWay.begin(async (signal) => {
      const committed = await session.commit(changes, { signal, last, looksOn });
      underWay.alongside((signal) => session.results?.show(signal));
      await session.settle(signal);
      this.#committed(committed, this.#ports.clock.monotonicMs() - startedMs);
    });
  }

  #committed(committed: Committed, durationMs: number): void {
    const previous = this.#report.status.counts;
    this.#report.committed(committed.meta, committed.changelogPosition, durationMs);
    this.#listener.committed(this.#place.input, { ...committed, durationMs, previous });
  }

  #untilDueMs(): number {
    const elapsedMs = this.#ports.clock.monotonicMs() - this.#lastCommitMs;
    const { commitIntervalMs } = this.#settings;
    const stretchedMs = Math.min(10 * commitIntervalMs, stretchedMsMax);
    const isBehind = this.#behind.size > 0;
    return (isBehind ? Math.max(commitIntervalMs, stretchedMs) : commitIntervalMs) - elapsedMs;
  }
}

/** The lesser of two times that need not be. */
function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? a ?? b : Math.min(a, b);
}

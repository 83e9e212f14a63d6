import { unlessAborted } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { CommitPlace } from "../commit/commit.ts";
import { Pace } from "../processing/pace.ts";
import type { CommitLog, RecordLog } from "../ports.ts";
import type { ReadAhead } from "../processing/read_ahead.ts";
import { type Offset, partitionName, type TopicPartition } from "../record.ts";
import type { Topology } from "../topology/topology.ts";
import { isUnlimited } from "../topology/windows.ts";

/** Without news for so long, other tasks are not waited for any more, ms: they may be gone. */
const othersMsMax = 10_000;

/** Time between two looks at the positions of those who have said nothing, ms. */
const askMs = 500;

type Behind = Pick<ReadAhead, "behind">;

interface PacePorts {
  readonly log: Pick<RecordLog, "bounds">;
  readonly commitLog: Pick<CommitLog, "committed">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a task continues to do while its input waits. */
export interface WaitingTask {
  /** Fires when it is to be dropped. */
  readonly signal: AbortSignal;
  /**
   * @returns False where it is to end.
   * @throws What a commit has failed with.
   */
  goesOn(): boolean;
  /** Processes what others have sent on. */
  processSentOn(): Promise<void>;
  /** Begins a commit, if one is due or `atOnce`. */
  commit(options: { readonly atOnce: boolean }): Promise<void>;
  wait(ms: number): Promise<void>;
  /** Ends its next wait: one of those before may have been ended by the input's next read. */
  ring(): void;
}

/** A task's pace among the others, and its waiting; see `Pace`. */
export class TaskPace {
  readonly pace: Pace;
  readonly #ports: PacePorts;
  readonly #input: TopicPartition;
  readonly #reader: Behind;
  /** True while the records of a read of the input are being applied. */
  #midRead = false;

  private constructor(pace: Pace, ports: PacePorts, input: TopicPartition, reader: Behind) {
    this.pace = pace;
    this.#ports = ports;
    this.#input = input;
    this.#reader = reader;
  }

  /**
   * Where the events of a key come by two ways, and may come too late; several inputs are taken in
   * the order of their times, with what was sent on.
   *
   * @param ends Where topics ended as the session began.
   */
  static of<E, A, R>(
    ports: PacePorts,
    { windows }: Topology<E, A, R>,
    { input, repartition, others = [] }: Pick<CommitPlace, "input" | "repartition" | "others">,
    reader: Behind,
    ends: ReadonlyMap<string, Offset>,
  ): TaskPace | undefined {
    if (repartition === undefined || repartition.partitions === 1) return undefined;
    if (others.length > 0 || isUnlimited(windows)) return undefined;
    const place = { partition: input.partition, partitions: repartition.partitions };
    const inUse = (ends.get(repartition.topic) ?? 0) > 0;
    return new TaskPace(new Pace(place, { graceMs: windows.graceMs, inUse }), ports, input, reader);
  }

  /** Whether the input has more to read. */
  get reach(): { readonly behind: boolean } {
    return { behind: this.#midRead || this.#reader.behind };
  }

  /** True when the input must wait for those of other tasks. */
  get isAhead(): boolean {
    return this.pace.isAhead(this.reach);
  }

  /** True when tasks that may wait for this one do not know how far it is. */
  get owesNews(): boolean {
    return this.pace.owes(this.reach);
  }

  /** A read of the input begins, or ends. */
  reads(topic: string, { midRead }: { readonly midRead: boolean }): void {
    if (topic === this.#input.topic) this.#midRead = midRead;
  }

  /**
   * Waits until others are as far, but no longer than `othersMsMax` for any news.
   *
   * @returns False where the task is to end.
   */
  async othersHaveCaughtUp(task: WaitingTask): Promise<boolean> {
    const { clock } = this.#ports;
    let [news, newsMs, askedMs] = [this.pace.news, clock.monotonicMs(), -Infinity];
    while (this.isAhead) {
      if (!task.goesOn()) return false;
      if (clock.monotonicMs() - askedMs >= askMs) {
        askedMs = clock.monotonicMs();
        await unlessAborted(this.#learn(), task.signal, "the log");
      }
      await task.processSentOn();
      if (!this.isAhead) break;
      if (this.pace.news !== news) [news, newsMs] = [this.pace.news, clock.monotonicMs()];
      const leftMs = othersMsMax - (clock.monotonicMs() - newsMs);
      if (leftMs <= 0) this.#goOnWithout(this.pace.waitNoLonger());
      await task.commit({ atOnce: this.owesNews });
      if (leftMs > 0) await task.wait(Math.min(leftMs, askMs));
    }
    task.ring();
    return true;
  }

  /** Finds out which of the tasks that have said nothing have nothing to read. */
  async #learn(): Promise<void> {
    await Promise.all(this.pace.unknown.map((partition) => this.#learnOf(partition)));
  }

  async #learnOf(partition: number): Promise<void> {
    const { commitLog, log } = this.#ports;
    const place = { ...this.#input, partition };
    const committed = await commitLog.committed(place);
    const { startOffset, endOffset } = await log.bounds(place);
    if ((committed?.offset ?? startOffset) < endOffset) return;
    this.pace.heard(partition, { timeMs: 0, behind: false });
  }

  #goOnWithout(others: readonly number[]): void {
    this.#ports.logger.info(
      "task continues without waiting for others, which do not report their progress",
      {
        task: partitionName(this.#input),
        others: others.join(),
      },
    );
  }
}

import type { OutputRecord } from "../record.ts";
import type { WindowState } from "../topology/key_state.ts";
import { isWritten, type Topology, windowResult } from "../topology/topology.ts";
import type { TimeWindows } from "../topology/windows.ts";

/** What becomes of results outside of the state. */
export class ResultOutputs<A, R> {
  readonly #topology: Pick<Topology<never, A, R>, "aggregator" | "rows" | "topics">;
  readonly #partition: number;
  readonly #wholeFromMs: number;
  /** For the sink. */
  readonly rows: R[] = [];
  /** For topics. */
  readonly published: OutputRecord[] = [];

  /**
   * @param partition Of the task: its results stay in it, so that what is keyed alike lies alike.
   * @param wholeFromMs See `TaskMeta`.
   */
  constructor(
    topology: Pick<Topology<never, A, R>, "aggregator" | "rows" | "topics">,
    partition: number,
    wholeFromMs: number,
  ) {
    this.#topology = topology;
    this.#partition = partition;
    this.#wholeFromMs = wholeFromMs;
  }

  /** Takes a window as it stands. */
  add(key: string, startMs: number, { sizeMs }: TimeWindows, state: WindowState<A>): void {
    if (startMs < this.#wholeFromMs) return;
    const { rows, topics } = this.#topology;
    if (rows === undefined && topics.length === 0) return;
    const result = windowResult(this.#topology, { key, startMs, sizeMs }, state);
    if (rows !== undefined && isWritten(rows, result)) this.rows.push(rows.make(result));
    for (const output of topics) {
      if (!isWritten(output, result)) continue;
      const [timestampMs, partition] = [result.receivedAtMs, this.#partition];
      this.published.push({ topic: output.topic, partition, timestampMs, ...output.make(result) });
    }
  }
}

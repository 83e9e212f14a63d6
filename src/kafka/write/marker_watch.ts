import { partitionName, type TopicPartition } from "../../streams/record.ts";
import { Deadline, type Timing } from "../cluster/retry.ts";
import { type MarkerSearch, openTransactions } from "./lost_markers.ts";
import type { ActiveProducer } from "./producers_protocol.ts";
import type { ProducerIdentity } from "./transaction_requests.ts";

/** What a watch works with. */
export interface MarkerWatchParts {
  readonly search: MarkerSearch;
  readonly timing: Timing;
  /** Between two looks, ms. */
  readonly everyMs: number;
  /** After that a look gives up, ms; the next one follows. */
  readonly timeoutMs: number;
  /** Who writes the next transaction. */
  readonly identity: () => ProducerIdentity;
  /** Told when markers were given. */
  readonly onGiven: () => void;
}

/**
 * Sees to it that what a writer has committed can be read, though it may have nothing more to
 * commit: where two looks in a row find a transaction open since the same offset, Kafka has lost its
 * marker (see `giveLostMarkers`), and gets it again with an empty transaction.
 *
 * One look without a finding is the last one after a commit: from then on its markers are written.
 *
 * Owner: the writer. Ordering: `hold` before a commit, `committed` after one that has succeeded; in
 * between, and after one whose outcome is not known, nothing is given.
 */
export class MarkerWatch implements AsyncDisposable {
  readonly #parts: MarkerWatchParts;
  readonly #stop = new AbortController();
  /** Where transactions were open at the last look. */
  #open: ReadonlySet<string> = new Set();
  #isDue = false;
  #isHeld = false;
  #giving: Promise<void> = Promise.resolve();
  #looking: Promise<void> | undefined;
  #repeated = false;

  constructor(parts: MarkerWatchParts) {
    this.#parts = parts;
  }

  /** True once a request was repeated whose first copy may end the writer's next transaction. */
  get spent(): boolean {
    return this.#repeated;
  }

  /** Gives nothing from now on; waits for what is being given. */
  async hold(): Promise<void> {
    this.#isHeld = true;
    await this.#giving;
  }

  /** What was held may go on, and there is something new to look for. */
  committed(): void {
    this.#isHeld = false;
    this.#isDue = true;
    this.#looking ??= this.#look();
  }

  /** Waits for what is being given, but for no look, which changes nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.hold();
  }

  async #look(): Promise<void> {
    const { timing, everyMs } = this.#parts;
    const { signal } = this.#stop;
    while (this.#isDue) {
      await timing.clock.sleep(everyMs, signal).catch(() => {});
      if (signal.aborted) break;
      this.#isDue = false;
      // Whatever it failed with may be over at the next look; a newer owner gives them itself.
      await this.#lookOnce().catch(() => this.#isDue = true);
    }
    this.#looking = undefined;
  }

  async #lookOnce(): Promise<void> {
    const { search, identity } = this.#parts;
    const found = await openTransactions(search, identity(), this.#deadline());
    const lost = found.filter((one) => this.#open.has(nameOf(one)));
    this.#open = new Set(found.map(nameOf));
    this.#isDue ||= found.length > 0;
    if (lost.length === 0 || this.#isHeld) return;
    const giving = this.#give(lost);
    this.#giving = giving.catch(() => {});
    await giving;
  }

  async #give(partitions: readonly TopicPartition[]): Promise<void> {
    const { search: { client }, identity, onGiven } = this.#parts;
    const deadline = this.#deadline();
    try {
      await client.close(identity(), { partitions, end: "commit" }, deadline);
      onGiven();
    } finally {
      this.#repeated ||= deadline.repeated;
    }
  }

  #deadline(): Deadline {
    const { timing, timeoutMs } = this.#parts;
    return new Deadline(timing, timeoutMs, this.#stop.signal);
  }
}

function nameOf(one: ActiveProducer): string {
  return `${partitionName(one)} from ${one.openFrom}`;
}

import { assert } from "../../base/assert.ts";
import type { RecordAppender } from "../../streams/ports.ts";
import type { OutputRecord } from "../../streams/record.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { toPipelineError } from "../wire/errors.ts";
import { placeRecords, type ProduceLimits, ProducerSession } from "./producer_session.ts";
import { Deadline, type Timing } from "../cluster/retry.ts";
import { sendWire } from "../wire/internals.ts";
import { initProducerIdRequest } from "./transaction_requests.ts";

/** How long and how much an appender sends. */
export interface AppenderOptions extends ProduceLimits {
  /** After that `append` gives up, ms; within it every batch is written exactly once. */
  readonly deliveryTimeoutMs: number;
}

/**
 * Appends through an idempotent producer, acknowledged by all in-sync replicas.
 *
 * **Owner:** the creator; disposing gives up what is under way, as a broker may owe its answer for
 * longer than a shutdown lasts. **Ordering:** calls are served one after the other.
 *
 * **Guarantee:** once within a call; at-least-once over calls. When `append` throws
 * `LOG_UNAVAILABLE`, any of its records may have been written all the same; appended again they are
 * there twice, because the broker recognises repeats only within one producer session, and the
 * session ends with the failed call. Readers that must not count twice look at the headers
 * `producer-id` and `sequence`, as the processor does.
 */
export class KafkaAppender implements RecordAppender {
  readonly #cluster: Cluster;
  readonly #timing: Timing;
  readonly #options: AppenderOptions;
  #session: ProducerSession | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(cluster: Cluster, timing: Timing, options: AppenderOptions) {
    this.#cluster = cluster;
    this.#timing = timing;
    this.#options = options;
  }

  append(records: readonly OutputRecord[]): Promise<readonly OutputRecord[]> {
    assert(!this.#closing.signal.aborted, "cannot append through a closed appender");
    const appended = this.#tail.then(() => this.#append(records));
    this.#tail = appended.catch(() => {});
    return appended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  async #append(records: readonly OutputRecord[]): Promise<readonly OutputRecord[]> {
    const deadline = new Deadline(
      this.#timing,
      this.#options.deliveryTimeoutMs,
      this.#closing.signal,
    );
    try {
      const placed = await deadline.retry(() => placeRecords(this.#cluster, records));
      this.#session ??= await this.#openSession(deadline);
      return (await this.#session.send(placed, deadline)).refused;
    } catch (error) {
      this.#session = undefined;
      throw toPipelineError(error, `append ${records.length} records to ${topicsOf(records)}`);
    }
  }

  async #openSession(deadline: Deadline): Promise<ProducerSession> {
    const request = initProducerIdRequest(null, 0);
    const identity = await deadline.retry(() =>
      this.#cluster.onAny((broker) => sendWire(broker, request))
    );
    return new ProducerSession(this.#cluster, identity, {
      transactionalId: null,
      limits: this.#options,
    });
  }
}

function topicsOf(records: readonly OutputRecord[]): string {
  return [...new Set(records.map(({ topic }) => topic))].join(", ");
}

import { describeError } from "../base/errors.ts";
import type { FeedObserver } from "../feed/feed_observer.ts";
import type { Health } from "../http/ports.ts";
import type { IngestObserver } from "../ingest/observer.ts";

/** Whether the producer does its work: it receives, and the log takes what it received. */
export class ProducerHealth {
  #connected = false;
  #problem: string | undefined;

  get health(): Health {
    const problems: string[] = [];
    if (!this.#connected) problems.push("the feed is not connected");
    if (this.#problem !== undefined) problems.push(`records wait in the spool: ${this.#problem}`);
    return { ready: problems.length === 0, problems };
  }

  /** An observer that also tells this. */
  watchingFeed(observer: FeedObserver): FeedObserver {
    return {
      ...observer,
      connected: () => {
        this.#connected = true;
        observer.connected();
      },
      disconnected: (end) => {
        this.#connected = false;
        observer.disconnected(end);
      },
    };
  }

  /** An observer that also tells this. */
  watchingIngest(observer: IngestObserver): IngestObserver {
    return {
      ...observer,
      appendFailed: (error) => {
        this.#problem = describeError(error);
        observer.appendFailed(error);
      },
      recordsAppended: (appended) => {
        this.#problem = undefined;
        observer.recordsAppended(appended);
      },
    };
  }
}

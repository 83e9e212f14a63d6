import { type Broker, closeBroker, cutOpening } from "./internals.ts";

/**
 * The connections to one broker, from first use until something goes wrong.
 *
 * A link ends with its first lost connection: kafkajs would continue with half a frame of the old
 * one. It also forgets a request that is handed over while it disconnects, which is why every call
 * is watched here and rejected when the link ends.
 */
export class BrokerLink {
  readonly #broker: Broker;
  readonly #rejecters = new Set<(reason: Error) => void>();
  #connecting: Promise<void> | undefined;
  #connected = false;
  #closing: Promise<void> | undefined;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Calls the broker, connecting first if this is the first call. */
  async call<T>(work: (broker: Broker) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw linkClosed();
    this.#connecting ??= this.#connect();
    return await this.#watched(this.#connecting.then(() => work(this.#broker)));
  }

  /** False before the first connection, and permanently if it failed. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Ends the connections, those that are still being opened too; what is under way is rejected. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #connect(): Promise<void> {
    await this.#broker.connect();
    this.#connected = true;
  }

  async #close(): Promise<void> {
    const reason = linkClosed();
    for (const reject of this.#rejecters) reject(reason);
    const close = () => closeBroker(this.#broker, reason);
    if (this.#connecting === undefined || this.#connected) return await close();
    // A broker that does not answer may delay the end all the same: that is not waited for.
    cutOpening(this.#broker, reason);
    void this.#connecting.then(close, close);
  }

  #watched<T>(work: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#rejecters.add(reject);
    work.then(resolve, reject).finally(() => this.#rejecters.delete(reject));
    return promise;
  }
}

function linkClosed(): Error {
  const reason = new Error("connection closed by us");
  // The class by which lost connections are known; see errors.ts.
  reason.name = "KafkaJSConnectionClosedError";
  return reason;
}

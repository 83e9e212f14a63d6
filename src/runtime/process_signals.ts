import process from "node:process";

/** Fires when the process is asked to end; a second request ends it at once. */
export class ProcessSignals implements Disposable {
  readonly #stop = new AbortController();
  readonly #onSignal = () => {
    this[Symbol.dispose]();
    this.#stop.abort();
  };

  constructor() {
    for (const name of names) process.on(name, this.#onSignal);
  }

  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  [Symbol.dispose](): void {
    for (const name of names) process.off(name, this.#onSignal);
  }
}

const names = ["SIGINT", "SIGTERM"] as const;

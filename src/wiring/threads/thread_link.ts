import { assert } from "../../base/assert.ts";
import { type PackedError, packError, unpackError } from "./packed_error.ts";

/** One end of a way between two threads: a `Worker`, what is global in one, or a `MessagePort`. */
export interface ThreadPort {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

/** What one side offers the other: arguments and results are cloned. */
export type Methods<T> = { readonly [M in keyof T]: (...args: never[]) => unknown };

type Args<F> = F extends (...args: infer A) => unknown ? A : never;
type Result<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

type Message =
  | {
    readonly kind: "call";
    readonly id: number;
    readonly method: string;
    readonly args: unknown[];
  }
  | { readonly kind: "tell"; readonly method: string; readonly args: unknown[] }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly error: PackedError };

/**
 * Calls between two threads. What one side sends arrives in its order.
 *
 * Owner: each side of one thread. Bounded by the calls that are under way.
 */
export class ThreadLink<Theirs extends Methods<Theirs>> {
  readonly #port: ThreadPort;
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  /** @param own What the other side may call. */
  constructor(port: ThreadPort, own: Methods<object>) {
    this.#port = port;
    const methods = own as Readonly<Record<string, (...args: unknown[]) => unknown>>;
    port.onmessage = ({ data }) => void this.#take(data, methods);
  }

  /** What the other side's method returns, or fails with. */
  call<M extends keyof Theirs & string>(
    method: M,
    ...args: Args<Theirs[M]>
  ): Promise<Result<Theirs[M]>> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<unknown>();
    this.#calls.set(id, answer);
    this.#send({ kind: "call", id, method, args });
    return answer.promise as Promise<Result<Theirs[M]>>;
  }

  /** Calls it without an answer; it must not fail. */
  tell<M extends keyof Theirs & string>(method: M, ...args: Args<Theirs[M]>): void {
    this.#send({ kind: "tell", method, args });
  }

  async #take(
    message: Message,
    own: Readonly<Record<string, (...args: unknown[]) => unknown>>,
  ): Promise<void> {
    if (message.kind === "result") return this.#answered(message.id)?.resolve(message.value);
    if (message.kind === "failure") {
      return this.#answered(message.id)?.reject(unpackError(message.error));
    }
    const method = own[message.method];
    assert(method !== undefined, `a thread knows no ${message.method}`);
    if (message.kind === "tell") return void await method.apply(own, message.args);
    const { id } = message;
    try {
      this.#send({ kind: "result", id, value: await method.apply(own, message.args) });
    } catch (error) {
      this.#send({ kind: "failure", id, error: packError(error) });
    }
  }

  #answered(id: number): PromiseWithResolvers<unknown> | undefined {
    const answer = this.#calls.get(id);
    this.#calls.delete(id);
    return answer;
  }

  #send(message: Message): void {
    this.#port.postMessage(message);
  }
}

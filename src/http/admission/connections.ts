import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { FairPlaces } from "./fair_places.ts";

/** Connections without a request: half a header, or none yet, or none any more. */
const idleMax = 512;

/**
 * Those that had to give one up are closed so many at a time, with pauses of so many ms: closing
 * five hundred takes longer than a client may wait.
 */
const cutMax = 16;
const cutPauseMs = 5;

/** With more of them that are not closed yet, all are: there is a bound on those that are open. */
const leavingMax = 512;

/** Requests that a connection may send before the first is answered; browsers send one. */
const unansweredMax = 16;

/** Bytes of answers that clients have not taken yet; of one address, and in all. */
const unsentBytesMax = { total: 64 * 2 ** 20, perAddress: 32 * 2 ** 20 };

/**
 * The open connections of a server, and who has to give one up when there are too many.
 *
 * A client that asks at once is never among them: its connection waits a few milliseconds, those
 * that an attacker keeps open wait longer.
 */
export class Connections {
  /** By client's address and port: TLS has two sockets for a connection. */
  readonly #open = new Map<string, Socket>();
  readonly #unanswered = new Map<string, number>();
  readonly #idle = new FairPlaces<string>({ total: idleMax });
  readonly #unsent = new FairPlaces<string>(unsentBytesMax);
  readonly #clock: Clock;
  readonly #leaving = new Set<string>();
  #cutting: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A client has connected. */
  opened(socket: Socket): void {
    const [address, name] = clientOf(socket);
    this.#open.set(name, socket);
    socket.on("error", () => {}); // a close follows
    socket.once("close", () => {
      this.#open.delete(name);
      this.#leaving.delete(name);
      this.#unanswered.delete(name);
      this.#idle.leave(address, name);
      this.#unsent.leave(address, name);
    });
    this.#rest(address, name);
  }

  /** A whole request has come. */
  asked({ socket }: IncomingMessage, reply: ServerResponse): void {
    const [address, name] = clientOf(socket);
    this.#idle.leave(address, name);
    this.#leaving.delete(name);
    if (this.#count(name, 1) > unansweredMax) return this.#cut([name]);
    reply.once("close", () => {
      this.#unsent.leave(address, name);
      this.#count(name, -1);
      if (this.#open.has(name)) this.#rest(address, name);
    });
  }

  /** An answer is about to be sent. */
  sending({ socket }: IncomingMessage, bytes: number): void {
    const [address, name] = clientOf(socket);
    this.#cut(this.#unsent.take(address, name, bytes));
  }

  cutIdle(): void {
    this.#cut(this.#idle.holders);
  }

  /** Ends when no one is being cut. */
  async settled(): Promise<void> {
    await this.#cutting;
  }

  cutAll(): void {
    this.#cut([...this.#open.keys()]);
  }

  #count(name: string, change: 1 | -1): number {
    const count = (this.#unanswered.get(name) ?? 0) + change;
    if (this.#open.has(name)) this.#unanswered.set(name, count);
    return count;
  }

  #rest(address: string, name: string): void {
    for (const other of this.#idle.take(address, name)) this.#leaving.add(other);
    if (this.#leaving.size > 0) this.#cutting ??= this.#cutSlowly();
  }

  async #cutSlowly(): Promise<void> {
    while (this.#leaving.size > 0) {
      await this.#clock.sleep(cutPauseMs);
      const count = this.#leaving.size > leavingMax ? leavingMax : cutMax;
      const names = [...this.#leaving.values().take(count)];
      for (const name of names) this.#leaving.delete(name);
      this.#cut(names);
    }
    this.#cutting = undefined;
  }

  #cut(names: readonly string[]): void {
    for (const name of names) this.#open.get(name)?.destroy();
  }
}

function clientOf({ remoteAddress = "", remotePort = 0 }: Socket): [address: string, name: string] {
  return [remoteAddress, `${remoteAddress} ${remotePort}`];
}

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { FairPlaces } from "./fair_places.ts";

/** Connections without a request: half a header, or none yet, or none any more. */
const idleMax = 512;

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
  readonly #idle = new FairPlaces<string>({ total: idleMax });
  readonly #unsent = new FairPlaces<string>(unsentBytesMax);

  /** A client has connected. */
  opened(socket: Socket): void {
    const [address, name] = clientOf(socket);
    this.#open.set(name, socket);
    socket.on("error", () => {}); // a close follows
    socket.once("close", () => {
      this.#open.delete(name);
      this.#idle.leave(address, name);
      this.#unsent.leave(address, name);
    });
    this.#rest(address, name);
  }

  /** A whole request has come. */
  asked({ socket }: IncomingMessage, reply: ServerResponse): void {
    const [address, name] = clientOf(socket);
    this.#idle.leave(address, name);
    reply.once("close", () => {
      this.#unsent.leave(address, name);
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

  cutAll(): void {
    this.#cut([...this.#open.keys()]);
  }

  #rest(address: string, name: string): void {
    this.#cut(this.#idle.take(address, name));
  }

  #cut(names: readonly string[]): void {
    for (const name of names) this.#open.get(name)?.destroy();
  }
}

function clientOf({ remoteAddress = "", remotePort = 0 }: Socket): [address: string, name: string] {
  return [remoteAddress, `${remoteAddress} ${remotePort}`];
}

import type { FeedSocket, OpenSocket, SocketEnd, SocketListener } from "../../src/feed/socket.ts";

/** A socket whose server is the test. */
export class FakeSocket implements FeedSocket {
  readonly #end = Promise.withResolvers<SocketEnd>();
  readonly ended: Promise<SocketEnd> = this.#end.promise;
  readonly url: string;
  readonly sent: string[] = [];
  readonly listener: SocketListener;
  isPaused = false;
  /** How the client ended it, if it did. */
  endedBy: "close" | "terminate" | undefined;

  constructor(url: string, listener: SocketListener) {
    this.url = url;
    this.listener = listener;
  }

  /** What the server does: end the connection, or refuse it. */
  end(end: SocketEnd): void {
    this.#end.resolve(end);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(): void {
    this.endedBy ??= "close";
    this.end({ kind: "closed", code: 1000, problem: "" });
  }

  terminate(): void {
    this.endedBy ??= "terminate";
    this.end({ kind: "closed", code: 1006, problem: "" });
  }
}

/** Every socket that was opened, in order. */
export class FakeSockets {
  readonly all: FakeSocket[] = [];

  readonly open: OpenSocket = (url, listener) => {
    const socket = new FakeSocket(url, listener);
    this.all.push(socket);
    return socket;
  };

  /** The newest one. */
  get last(): FakeSocket {
    const socket = this.all.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }
}

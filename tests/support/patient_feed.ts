/** Frames of one burst; a burst every `burstMs`. */
const burstFrames = 10;
const burstMs = 10;

/**
 * A server of Finnhub's protocol that sends given frames one after the other to one client, and
 * can be told from where to go on: so a test knows what every client was sent, and what not.
 */
export class PatientFeed implements AsyncDisposable {
  readonly #frames: readonly string[];
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  #next = 0;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(frames: readonly string[]) {
    this.#frames = frames;
    this.#http = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = () => this.#begin(socket);
      socket.onerror = () => {};
      return response;
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#http.addr.port}?token=`;
  }

  /** True when every frame was sent. */
  get finished(): boolean {
    return this.#next >= this.#frames.length;
  }

  /** The next client gets the frames from this one on. */
  goOnFrom(next: number): void {
    clearInterval(this.#timer);
    this.#socket = undefined;
    this.#next = next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#http.shutdown();
  }

  /** The first subscription starts the frames. */
  #begin(socket: WebSocket): void {
    if (this.#socket === socket) return;
    this.#socket = socket;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#burst(socket), burstMs);
  }

  #burst(socket: WebSocket): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    const until = Math.min(this.#next + burstFrames, this.#frames.length);
    for (; this.#next < until; this.#next++) socket.send(this.#frames[this.#next] ?? "");
  }
}

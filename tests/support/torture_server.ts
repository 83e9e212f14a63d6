/** What a hostile server does with one connection: an HTTP status, or whatever it likes. */
export type Behaviour = number | ((socket: WebSocket) => void);

/** A server of Finnhub's protocol that behaves as it is told, connection by connection. */
export class TortureServer implements AsyncDisposable {
  /** Messages of every client, in order. */
  readonly received: string[] = [];
  connections = 0;
  readonly #behaviours: Behaviour[];
  readonly #http: Deno.HttpServer<Deno.NetAddr>;

  /** @param behaviours One for each connection; the last one stays. */
  constructor(...behaviours: Behaviour[]) {
    this.#behaviours = behaviours;
    this.#http = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      return this.#answer(request);
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#http.addr.port}?token=`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.shutdown();
  }

  #answer(request: Request): Response {
    const behaviour = this.#behaviours[Math.min(this.connections, this.#behaviours.length - 1)];
    this.connections++;
    if (typeof behaviour === "number") return new Response("no", { status: behaviour });
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => behaviour?.(socket);
    socket.onmessage = ({ data }) => this.received.push(String(data));
    socket.onerror = () => {};
    return response;
  }
}

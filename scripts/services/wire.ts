/** A short conversation with a service on the loopback interface; closed by `using`. */
export class Wire implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #timer: ReturnType<typeof setTimeout>;
  #open = true;

  private constructor(connection: Deno.TcpConn, timeoutMs: number) {
    this.#connection = connection;
    this.#timer = setTimeout(() => this[Symbol.dispose](), timeoutMs);
  }

  /**
   * Connects.
   *
   * @param timeoutMs For the whole conversation; then it is cut and the pending call rejects.
   * @throws {Deno.errors.ConnectionRefused} If nothing listens.
   */
  static async open(port: number, timeoutMs: number): Promise<Wire> {
    return new Wire(await Deno.connect({ hostname: "127.0.0.1", port }), timeoutMs);
  }

  async send(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  /** @throws {Error} If the other side closes before `length` bytes came. */
  async receive(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let received = 0; received < length;) {
      const count = await this.#connection.read(bytes.subarray(received));
      if (count === null) throw new Error(`connection closed after ${received} of ${length} bytes`);
      received += count;
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#timer);
    this.#connection.close();
  }
}

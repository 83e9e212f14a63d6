/** A service's stand-in address whose connections can be cut, and that can stop to listen. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Cuts every connection and accepts no more. */
  cut(): Promise<void>;
  /** Accepts connections again, on the same port. */
  mend(): void;
}

/** Passes bytes to and from a service on this machine. */
export function tcpProxy(target: { hostname: string; port: number }): TcpProxy {
  let listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const open = new Set<Deno.Conn>();
  let accepting = accept();

  async function accept(): Promise<void> {
    const pumps: Promise<void>[] = [];
    for await (const client of listener) pumps.push(join(client));
    await Promise.all(pumps);
  }

  async function join(client: Deno.Conn): Promise<void> {
    const service = await Deno.connect(target);
    open.add(client).add(service);
    await Promise.allSettled([
      client.readable.pipeTo(service.writable),
      service.readable.pipeTo(client.writable),
    ]);
    for (const connection of [client, service]) close(connection);
  }

  function close(connection: Deno.Conn): void {
    open.delete(connection);
    try {
      connection.close();
    } catch {
      // Its pipe has closed it.
    }
  }

  async function cut(): Promise<void> {
    listener.close();
    for (const connection of [...open]) close(connection);
    await accepting;
  }

  function mend(): void {
    listener = Deno.listen({ hostname: "127.0.0.1", port });
    accepting = accept();
  }

  return { port, cut, mend, [Symbol.asyncDispose]: cut };
}

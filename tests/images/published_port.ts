/**
 * Publishes a port of a container as compose writes it, `127.0.0.1:8080-8089:8080`: at the first port
 * of the range that is not taken yet.
 */
export function publish(
  text: string,
  address: string,
  taken: Set<number>,
): AsyncDisposable {
  const [hostname = "", range = "", target] = text.split(":");
  const [from = 0, to = from] = range.split("-").map(Number);
  let port = from;
  while (taken.has(port) && port < to) port++;
  taken.add(port);
  const listener = Deno.listen({ hostname, port });
  const done = accept(listener, { hostname: address, port: Number(target) });
  return {
    async [Symbol.asyncDispose]() {
      listener.close();
      await done;
    },
  };
}

async function accept(
  listener: Deno.TcpListener,
  target: { readonly hostname: string; readonly port: number },
): Promise<void> {
  for await (const client of listener) void join(client, target);
}

async function join(
  client: Deno.TcpConn,
  target: { readonly hostname: string; readonly port: number },
): Promise<void> {
  try {
    const service = await Deno.connect(target);
    await Promise.allSettled([
      client.readable.pipeTo(service.writable),
      service.readable.pipeTo(client.writable),
    ]);
  } catch {
    client.close(); // the container does not listen
  }
}

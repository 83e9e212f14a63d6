import { createSocket } from "node:dgram";

/** Length of the header of a DNS message, bytes. */
const headerBytes = 12;
/** A flag of responses, and one of names that there are not. */
const [isResponse, noSuchName] = [0x8400, 3];

/**
 * Answers queries for addresses as the engine's own name server does: all that a name has. Prometheus
 * asks it for the instances of `process`; who wants one address of a name reads `/etc/hosts`.
 *
 * @param addressesOf The IPv4 addresses of a name.
 * @see RFC 1035 §4.1; one question for each message, no compression but that of the question's name.
 */
export async function serveNames(
  hostname: string,
  addressesOf: (name: string) => readonly string[],
): Promise<AsyncDisposable> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { address, port }) => {
    socket.send(answerTo(query, addressesOf), port, address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(53, hostname, resolve);
  });
  return {
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void socket.close(resolve)),
  };
}

function answerTo(query: Uint8Array, addressesOf: (name: string) => readonly string[]): Uint8Array {
  const { name, end } = nameIn(query);
  const [, type] = query.subarray(end, end + 2);
  const known = addressesOf(name);
  const addresses = type === 1 ? known : [];
  const flags = isResponse | (known.length === 0 ? noSuchName : 0);
  return Uint8Array.from([
    ...query.subarray(0, 2),
    ...[flags >> 8, flags & 255, 0, 1, 0, addresses.length, 0, 0, 0, 0],
    ...query.subarray(headerBytes, end + 4),
    ...addresses.flatMap((address) => [
      ...[0xc0, headerBytes, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4],
      ...address.split(".").map(Number),
    ]),
  ]);
}

/** The name that is asked for, and where it ends. */
function nameIn(query: Uint8Array): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(new TextDecoder().decode(query.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 1 };
}

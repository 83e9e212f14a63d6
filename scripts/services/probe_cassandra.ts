import { Wire } from "./wire.ts";

const HEADER_BYTES = 9;
const MAX_ANSWER_BYTES = 1_048_576;
const OPCODE = {
  error: 0,
  startup: 1,
  ready: 2,
  authenticate: 3,
  options: 5,
  supported: 6,
} as const;

/**
 * Asks a node in CQL's own protocol (version 4) whether it serves clients: OPTIONS, then STARTUP.
 *
 * @throws If it does not answer within `timeoutMs`, or not as a node that is ready does.
 */
export async function probeCassandra(port: number, timeoutMs: number): Promise<void> {
  using wire = await Wire.open(port, timeoutMs);
  await ask(wire, encodeFrame(OPCODE.options), [OPCODE.supported]);
  const startup = encodeFrame(OPCODE.startup, encodeStringMap("CQL_VERSION", "3.0.0"));
  await ask(wire, startup, [OPCODE.ready, OPCODE.authenticate]);
}

/** A frame of the CQL binary protocol v4: version, flags, stream, opcode, length, body. */
export function encodeFrame(opcode: number, body: Uint8Array = new Uint8Array()): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  bytes.set([4, 0, 0, 0, opcode]);
  new DataView(bytes.buffer).setInt32(5, body.length);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

function encodeStringMap(name: string, value: string): Uint8Array {
  const strings = [name, value].flatMap((text) => {
    const bytes = new TextEncoder().encode(text);
    return [0, bytes.length, ...bytes];
  });
  return Uint8Array.from([0, 1, ...strings]);
}

async function ask(wire: Wire, frame: Uint8Array, expected: readonly number[]): Promise<void> {
  await wire.send(frame);
  const header = await wire.receive(HEADER_BYTES);
  const length = new DataView(header.buffer).getInt32(5);
  if (length < 0 || length > MAX_ANSWER_BYTES) throw new Error(`answer of ${length} bytes`);
  await wire.receive(length);
  const opcode = header[4] ?? OPCODE.error;
  if (!expected.includes(opcode)) throw new Error(`answered with opcode ${opcode}`);
}

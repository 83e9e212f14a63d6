import { Wire } from "./wire.ts";

const API_VERSIONS = 18;
const METADATA = 3;
const MAX_ANSWER_BYTES = 1_048_576;

/**
 * Asks a broker in Kafka's own protocol whether it serves clients.
 *
 * `ApiVersions` alone is answered by a broker that is still fenced; only when `Metadata` lists the
 * broker's own port do clients find it.
 *
 * @throws If it does not answer within `timeoutMs`, or is not yet listed.
 */
export async function probeKafka(port: number, timeoutMs: number): Promise<void> {
  using wire = await Wire.open(port, timeoutMs);
  checkApiVersions(await ask(wire, encodeRequest(API_VERSIONS, 0, 1)));
  const ports = decodeBrokerPorts(await ask(wire, encodeRequest(METADATA, 1, 2, [0, 0, 0, 0])));
  if (!ports.includes(port)) throw new Error(`broker is not in the metadata yet: ${ports}`);
}

/** A request with header version 1: size, api key, api version, correlation id, no client id. */
export function encodeRequest(
  apiKey: number,
  apiVersion: number,
  correlationId: number,
  body: readonly number[] = [],
): Uint8Array {
  const bytes = new Uint8Array(14 + body.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, bytes.length - 4);
  view.setInt16(4, apiKey);
  view.setInt16(6, apiVersion);
  view.setInt32(8, correlationId);
  view.setInt16(12, -1);
  bytes.set(body, 14);
  return bytes;
}

async function ask(wire: Wire, request: Uint8Array): Promise<Uint8Array> {
  await wire.send(request);
  const length = new DataView((await wire.receive(4)).buffer).getInt32(0);
  if (length < 4 || length > MAX_ANSWER_BYTES) throw new Error(`answer of ${length} bytes`);
  const answer = await wire.receive(length);
  return answer.subarray(4);
}

function checkApiVersions(body: Uint8Array): void {
  const code = viewOf(body).getInt16(0);
  if (code !== 0) throw new Error(`ApiVersions answered with error code ${code}`);
}

/** Ports in the broker list of a `Metadata` version 1 answer (the body, without its header). */
export function decodeBrokerPorts(body: Uint8Array): number[] {
  const view = viewOf(body);
  const ports: number[] = [];
  let at = 4;
  for (let i = view.getInt32(0); i > 0; i--) {
    const portAt = at + 6 + view.getInt16(at + 4);
    ports.push(view.getInt32(portAt));
    at = portAt + 6 + Math.max(0, view.getInt16(portAt + 4));
  }
  return ports;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

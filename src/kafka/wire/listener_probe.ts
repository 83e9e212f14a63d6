import { connect as connectTls } from "node:tls";
import { systemClock } from "../../base/clock.ts";
import { errorCodeOf, toldApart } from "../../base/tls_fault.ts";
import { loginExpected, tlsNotSpoken } from "./access.ts";
import type { Broker, SocketMaker } from "./internals.ts";
import { type KafkaSecurity, socketMaker, tlsTarget } from "./security.ts";

/** Where a listener is, and what it was taken for. */
export interface ProbedListener {
  readonly host: string;
  readonly port: number;
  readonly security: KafkaSecurity;
}

/** How long a listener may take to answer a question, ms. */
const probeMsMax = 2_000;
const apiVersions = 18;
const saslHandshake = 17;
const unsupportedMechanism = 33;

/**
 * Lets a broker say that its listener wants TLS or a login other than it was taken for.
 *
 * Such a listener only hangs up, as one that is being stopped does, which would be tried again for
 * ever. So where it hangs up before its first answer, it is asked what it is.
 */
export function tellingListener(broker: Broker, listener: ProbedListener): Broker {
  const pool = broker.connectionPool;
  const [connect, send] = [broker.connect.bind(broker), pool.send.bind(pool)];
  let answered = false;
  Object.assign(pool, {
    send: async (request: Parameters<typeof send>[0]) => {
      try {
        const answer = await send(request);
        // Every listener answers this one, so that it proves nothing.
        answered ||= request.request.apiKey !== apiVersions;
        return answer;
      } catch (error) {
        throw !answered && isClosed(error) && await wantsLogin(listener)
          ? accessFault(loginExpected, error)
          : error;
      }
    },
  });
  return Object.assign(broker, {
    connect: async () => {
      try {
        await connect();
      } catch (error) {
        if (isReset(error) && await isPlain(listener)) throw accessFault(tlsNotSpoken, error);
        const { host, port } = listener;
        throw await toldApart(
          error,
          systemClock.nowMs(),
          (shown) => connectTls({ ...tlsTarget(host, port), rejectUnauthorized: false }, shown),
        );
      }
    },
  });
}

function accessFault(code: string, cause: unknown): Error {
  const fault = new Error("the listener hung up", { cause });
  return Object.assign(fault, { name: "KafkaJSConnectionError", code });
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && error.name === "KafkaJSConnectionClosedError";
}

function isReset(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes(errorCodeOf(error) ?? "");
}

async function isPlain({ host, port, security }: ProbedListener): Promise<boolean> {
  if (security.tls === undefined) return false;
  const answer = await ask(socketMaker({}), { host, port }, question(apiVersions, 0));
  return answer !== undefined;
}

async function wantsLogin({ host, port, security }: ProbedListener): Promise<boolean> {
  if (security.login !== undefined) return false;
  const text = new TextEncoder().encode("PLAIN");
  const body = [0, text.length, ...text];
  const answer = await ask(socketMaker(security), { host, port }, question(saslHandshake, 1, body));
  const code = answer?.getInt16(8);
  return code === 0 || code === unsupportedMechanism;
}

/** Size, header version 1 with correlation id 1 and no client id, body. */
function question(apiKey: number, apiVersion: number, body: readonly number[] = []): Uint8Array {
  const rest = [0, apiKey, 0, apiVersion, 0, 0, 0, 1, 0xff, 0xff, ...body];
  return Uint8Array.of(0, 0, 0, rest.length, ...rest);
}

/** The beginning of the answer, which has our correlation id; `undefined` for anything else. */
async function ask(
  connect: SocketMaker,
  { host, port }: { readonly host: string; readonly port: number },
  bytes: Uint8Array,
): Promise<DataView | undefined> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
  const nothing = () => resolve(undefined);
  const socket = connect({ host, port, onConnect: () => socket.write(bytes) });
  socket.setTimeout(probeMsMax, nothing);
  socket.once("data", resolve).once("error", nothing).once("close", nothing);
  try {
    const answer = await promise;
    if (answer === undefined || answer.length < 10) return undefined;
    const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
    return view.getInt32(4) === 1 ? view : undefined;
  } finally {
    socket.destroy();
  }
}

import { connect } from "node:tls";
import { errors } from "cassandra-driver";
import { systemClock } from "../base/clock.ts";
import { PipelineError } from "../base/errors.ts";
import { withoutBrackets } from "../base/host.ts";
import { toldApart } from "../base/tls_fault.ts";
import { cassandraError } from "./errors.ts";

/** Where a probe looks. */
interface ProbeTarget {
  readonly contactPoints: readonly string[];
  readonly port: number;
  readonly tls?: object;
}

/** How long a node may take to show that it speaks TLS, ms. */
const probeMsMax = 2_000;

/**
 * Does something, and says so if it fails because plain connections were made to nodes that want
 * TLS: they only hang up, as nodes that are being stopped do, which would be retried without end.
 * Of a certificate that cannot be verified it says whether its dates are the reason.
 *
 * @throws {PipelineError} `SINK_REJECTED` then, else as `work`.
 */
export async function explained(target: ProbeTarget, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (target.tls !== undefined) throw await withDates(cause);
    if (!isUnavailable(cause)) throw cause;
    const node = await speakerOfTls(target);
    if (node === undefined) throw cause;
    throw new PipelineError(
      "SINK_REJECTED",
      `Cannot connect to Cassandra as ${node}:${target.port} wants TLS; check CASSANDRA_TLS`,
      { cause },
    );
  }
}

async function withDates(error: unknown): Promise<unknown> {
  const cause = error instanceof PipelineError ? error.cause : undefined;
  if (!(cause instanceof errors.NoHostAvailableError)) return error;
  const nowMs = systemClock.nowMs();
  const told = Object.entries(cause.innerErrors ?? {}).map(async ([node, problem]) => {
    const { hostname, port } = new URL(`tls://${node}`);
    const target = { host: withoutBrackets(hostname), port: Number(port) };
    const connected = (shown: () => void) =>
      connect({ ...target, rejectUnauthorized: false }, shown);
    return [node, await toldApart(problem, nowMs, connected)] as const;
  });
  const { message } = cause;
  const inner = Object.fromEntries(await Promise.all(told));
  return cassandraError("connect to Cassandra", new errors.NoHostAvailableError(inner, message));
}

function isUnavailable(error: unknown): boolean {
  return error instanceof PipelineError && error.code === "SINK_UNAVAILABLE";
}

async function speakerOfTls({ contactPoints, port }: ProbeTarget): Promise<string | undefined> {
  for (const host of contactPoints) {
    if (await speaksTls(host, port)) return host;
  }
  return undefined;
}

/** Any server: nothing is sent, so the certificate does not matter. */
async function speaksTls(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<"tls" | "other">();
  const other = () => resolve("other");
  const socket = connect({ host, port, rejectUnauthorized: false }, () => resolve("tls"));
  socket.setTimeout(probeMsMax, other);
  socket.once("error", other).once("close", other);
  try {
    return await promise === "tls";
  } finally {
    socket.destroy();
  }
}

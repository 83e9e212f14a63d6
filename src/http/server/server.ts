import { Access, type AccessOptions } from "../admission/access.ts";
import type { Client } from "../exchange/context.ts";
import { EventHub } from "../stream/event_hub.ts";
import type { LiveView } from "../ports.ts";
import { type HttpServer, listen, type ListenOptions } from "../exchange/listen.ts";
import { PeerAccess, proofHeader } from "../peers/peer_access.ts";
import { Pulse } from "../peers/pulse.ts";
import { defaultQueryLimits, QueryGate } from "../admission/query_gate.ts";
import { handleRequest } from "./router.ts";
import { Turns } from "../admission/turns.ts";
import { askByFetch } from "../within.ts";

/** Where to listen, what to show, and to whom. */
export interface HttpServerOptions extends ListenOptions {
  readonly view: LiveView;
  /** Names this run of the program among those of a group. */
  readonly run?: string;
  readonly access?: Omit<AccessOptions, "isMember">;
  /** The way to the other instances; by default without a proof of membership. */
  readonly peers?: PeerAccess;
}

/** The HTTP surface of an instance. */
export interface InstanceServer extends HttpServer {
  /** Names this run of the program, as its pulse does. */
  readonly run: string;
}

/**
 * Starts the HTTP surface.
 *
 * @throws {PipelineError} `CONFIG_INVALID` when host and port cannot be listened on.
 */
export async function serveHttp(options: HttpServerOptions): Promise<InstanceServer> {
  const { view, metrics, clock, logger } = options;
  const {
    peers = new PeerAccess({ application: view.application, ask: askByFetch(), clock }),
  } = options;
  const { ask } = peers;
  const isMember = (request: Request) => peers.answerTo(request) !== undefined;
  const access = new Access({ ...options.access, isMember });
  const events = new EventHub({ view, ask, clock, logger });
  const pulse = new Pulse(options.run ?? "unnamed", clock);
  const turns = new Turns(clock);
  const queries = new QueryGate(clock, defaultQueryLimits, turns);
  const context = { view, metrics, events, pulse, ask, clock, logger, access, queries };
  const onSent = (client: Client, bytes: number) => queries.charge(client.address, bytes);
  const handler = async (request: Request, client: Client) => {
    const response = await handleRequest(request, client, context);
    const proof = peers.answerTo(request);
    if (proof !== undefined) response.headers.set(proofHeader, proof);
    return response;
  };
  const server = await listen(options, { handler, turns, onSent });
  metrics.http.countClients(() => events.clientCount);
  const stop = new AbortController();
  const telling = Promise.all([events.run(stop.signal), pulse.beat(stop.signal)]);
  return {
    ...server,
    run: pulse.run,
    async [Symbol.asyncDispose]() {
      stop.abort();
      events.close();
      await Promise.all([telling, server[Symbol.asyncDispose]()]);
    },
  };
}

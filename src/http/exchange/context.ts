import type { Access } from "../admission/access.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { EventHub } from "../stream/event_hub.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { LiveView } from "../ports.ts";
import type { Pulse } from "../peers/pulse.ts";
import type { QueryGate } from "../admission/query_gate.ts";
import type { Ask } from "../within.ts";

/** What the handlers work with. */
export interface HttpContext {
  readonly view: LiveView;
  readonly metrics: Metrics;
  readonly events: EventHub;
  readonly pulse: Pulse;
  /** The way to the other instances. */
  readonly ask: Ask;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly access: Access;
  readonly queries: QueryGate;
}

/** Who asks. */
export interface Client {
  /** Its address, and the one of this machine at which it asks. */
  readonly address: string;
  readonly ownAddress: string;
  readonly isEncrypted: boolean;
}

/** Answers one request; never rejects. */
export type RequestHandler = (request: Request, client: Client) => Promise<Response>;

/** A request that found its route. */
export interface RouteRequest {
  readonly request: Request;
  readonly url: URL;
  readonly client: Client;
  /** It has shown the token, or there is none. */
  readonly isTrusted: boolean;
  /** Decoded parts of the path, by their names in the pattern. */
  readonly params: Readonly<Record<string, string>>;
}

/** Answers one route; an error that is the client's to know is thrown as `HttpProblem`. */
export type Handler = (
  route: RouteRequest,
  context: HttpContext,
) => Response | Promise<Response>;

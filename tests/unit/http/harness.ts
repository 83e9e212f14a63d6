import { type Logger, silentLogger } from "../../../src/base/logger.ts";
import type { Clock } from "../../../src/base/clock.ts";
import { PipelineError } from "../../../src/base/errors.ts";
import type { Client, HttpContext } from "../../../src/http/exchange/context.ts";
import { EventHub } from "../../../src/http/stream/event_hub.ts";
import type { PlaceLimits } from "../../../src/http/admission/fair_places.ts";
import { Metrics } from "../../../src/http/metrics/metrics.ts";
import { Access, type AccessOptions } from "../../../src/http/admission/access.ts";
import { Pulse } from "../../../src/http/peers/pulse.ts";
import { QueryGate, type QueryLimits } from "../../../src/http/admission/query_gate.ts";
import { handleRequest } from "../../../src/http/server/router.ts";
import type { Ask } from "../../../src/http/within.ts";
import { FakeLiveView, type FakeLiveViewOptions } from "../../support/fake_live_view.ts";

/** Wall clock of these tests, epoch ms. */
export const nowMs = 1_700_000_000_000;

/** A clock that stands still, and whose `sleep` ends when the test says so. */
export class SteppingClock implements Clock {
  #wake = Promise.withResolvers<void>();
  #elapsedMs = 0;

  nowMs(): number {
    return nowMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  async sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(new PipelineError("ABORTED", "Cannot wait: stopped"));
    signal?.addEventListener("abort", abort, { once: true });
    await Promise.race([this.#wake.promise, aborted.promise]);
    signal?.removeEventListener("abort", abort);
  }

  /** Lets a tenth of a second pass, and ends every sleep of now. */
  step(): void {
    this.#elapsedMs += 100;
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

/** The HTTP surface without a socket. */
export interface Surface {
  readonly view: FakeLiveView;
  readonly context: HttpContext & { readonly clock: SteppingClock };
  /** Asks for a path; GET unless `init` says otherwise. */
  ask(path: string, init?: RequestInit, host?: string): Promise<Response>;
}

/** A program of this machine. */
export const localClient: Client = {
  address: "127.0.0.1",
  ownAddress: "127.0.0.1",
  isEncrypted: false,
};

const noPeer: Ask = () => Promise.reject(new TypeError("refused"));

/** A surface over a fake market that has run for `seconds`. */
export function surface(
  {
    seconds = 120,
    places,
    askPeer = noPeer,
    access = {},
    client,
    logger,
    host = "localhost",
    queries,
    ...options
  }:
    & FakeLiveViewOptions
    & {
      readonly seconds?: number;
      /** How many may follow the stream. */
      readonly places?: PlaceLimits;
      /** The way to other instances; there are none by default. */
      readonly askPeer?: Ask;
      readonly access?: AccessOptions;
      readonly client?: Partial<Client>;
      readonly logger?: Logger;
      readonly queries?: QueryLimits;
      /** The name by which it is asked. */
      readonly host?: string;
    } = {},
): Surface {
  const view = new FakeLiveView(options);
  for (let i = 0; i < seconds; i++) view.commit(nowMs - 1_000);
  const clock = new SteppingClock();
  const events = new EventHub({
    ...{ view, ask: askPeer, clock, logger: silentLogger },
    ...(places === undefined ? {} : { places }),
  });
  const context = {
    ...{ view, ask: askPeer, clock, events, metrics: new Metrics() },
    logger: logger ?? silentLogger,
    access: new Access(access),
    pulse: new Pulse("r1", clock),
    queries: new QueryGate(clock, queries),
  };
  const ask = (path: string, init?: RequestInit, by = host) =>
    handleRequest(new Request(`http://${by}${path}`, init), {
      ...localClient,
      ...client,
    }, context);
  return { view, context, ask };
}

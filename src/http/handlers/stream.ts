import { HttpProblem } from "../response.ts";
import { badQuery, type Operation, operation, unavailable } from "../exchange/operation.ts";
import {
  chosen,
  resolutionParameter,
  scopeParameter,
  symbolsParameter,
  textParameter,
} from "../parameters.ts";
import { text } from "../schema.ts";
import { lookedAtMax } from "../viewer.ts";

/**
 * Server-sent events, see `EventHub`. What a client looks at is in its address, so that it needs no
 * state but the connection.
 */
export const stream: Operation = operation({
  path: "/api/stream",
  id: "stream",
  summary: "Server-sent events about what the query names, each with JSON as its data",
  isLimited: true,
  query: {
    symbol: symbolsParameter(lookedAtMax, "symbols whose candles and trades are sent in full"),
    resolution: resolutionParameter,
    row: symbolsParameter(lookedAtMax, "symbols whose price and day are sent"),
    listed: textParameter("`version` of the last `listing`: names in it are not sent again"),
    rows: chosen(["named", "all"], "named", "with `scope=local`, all: every symbol is a `row`"),
    scope: scopeParameter,
  },
  answers: {
    200: {
      description: "events until the client leaves",
      type: "text/event-stream",
      schema: text(),
      headers: { "x-accel-buffering": "no: for proxies that would gather events" },
    },
    400: badQuery,
    503: unavailable("too many clients follow the stream"),
  },
  async handle(
    { symbol, resolution, row, rows, listed, scope },
    { events, view },
    { request, client },
  ) {
    const isLocal = scope === "local";
    const wanted = {
      symbols: new Set(symbol),
      resolution: isLocal ? undefined : resolution,
      rows: isLocal && rows === "all" ? "all" as const : new Set([...row, ...symbol]),
      listed,
    };
    // Until it has subscribed: nothing that is committed meanwhile may be missed.
    using _looking = await view.look();
    const body = request.method === "HEAD"
      ? null
      : await events.connect(wanted, { scope, address: client.address });
    if (body === undefined) {
      throw new HttpProblem({
        status: 503,
        detail: "too many clients of this address follow the stream: close one and try again",
        headers: { "retry-after": "10" },
      });
    }
    return new Response(body, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
      },
    });
  },
});

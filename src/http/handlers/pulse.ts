import { type Operation, operation, unavailable } from "../exchange/operation.ts";
import { HttpProblem } from "../response.ts";
import { text } from "../schema.ts";

/** See `Pulse`. */
export const pulse: Operation = operation({
  path: "/api/pulse",
  id: "pulse",
  summary: "A heartbeat for other instances: a server-sent event every 0.2 s",
  isOpen: true,
  query: {},
  answers: {
    200: {
      description: "the name of this run of the program, then comments until it ends",
      type: "text/event-stream",
      schema: text(),
    },
    503: unavailable("too many follow the pulse"),
  },
  handle(_query, { pulse }, { request, client }) {
    const body = request.method === "HEAD" ? null : pulse.connect(client.address);
    if (body === undefined) {
      throw new HttpProblem({
        status: 503,
        detail: "too many follow the pulse: end one and try again",
        headers: { "retry-after": "10" },
      });
    }
    return new Response(body, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store, no-transform" },
    });
  },
});

import { type Handler, HttpProblem } from "../context.ts";

/** `/api/stream`: server-sent events, see `EventHub`. */
export const getStream: Handler = ({ request }, { events }) => {
  const body = request.method === "HEAD" ? null : events.connect();
  if (body === undefined) {
    throw new HttpProblem({
      status: 503,
      detail: "too many clients follow the stream: close one and try again",
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
};

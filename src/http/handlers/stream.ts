import { type Handler, HttpProblem } from "../context.ts";
import { QueryReader } from "../query.ts";
import { readSubscription } from "../subscription.ts";

/**
 * `/api/stream`: server-sent events, see `EventHub`; of a `symbol` with its `resolution`, and of
 * each `row`. `?scope=local`: everything of this instance.
 */
export const getStream: Handler = ({ request, url }, { events }) => {
  const query = new QueryReader(url.searchParams);
  const scope = query.scope();
  query.check();
  const wanted = scope === "local" ? scope : readSubscription(url.searchParams);
  const body = request.method === "HEAD" ? null : events.connect(wanted);
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

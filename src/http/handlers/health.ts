import type { Handler } from "../context.ts";
import { jsonResponse, problemResponse } from "../response.ts";

/** `/livez`: the process answers. Nothing else is looked at, so that a restart never loops. */
export const getLivez: Handler = () => jsonResponse({ status: "alive" });

/** `/readyz`: 200 while the program does its work, else 503 with what stands in the way. */
export const getReadyz: Handler = ({ url }, { view }) => {
  const { ready, problems } = view.health();
  if (ready) return jsonResponse({ status: "ready" });
  const detail = problems.length === 0 ? "not ready yet" : problems.join("; ");
  return problemResponse(url.pathname, { status: 503, detail, extensions: { problems } });
};

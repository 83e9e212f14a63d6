import { asset, page } from "../handlers/assets.ts";
import { candles } from "../handlers/candles.ts";
import { livez, readyz } from "../handlers/health.ts";
import { metrics } from "../handlers/metrics.ts";
import { pulse } from "../handlers/pulse.ts";
import { stream } from "../handlers/stream.ts";
import { symbols } from "../handlers/symbols.ts";
import { tasks } from "../handlers/tasks.ts";
import { trades } from "../handlers/trades.ts";
import { type OpenApiDocument, openApiDocument } from "../exchange/open_api.ts";
import { jsonAnswer, type Operation, operation } from "../exchange/operation.ts";
import { jsonResponse } from "../response.ts";

const described: Operation = operation({
  path: "/api/openapi.json",
  id: "openapi",
  summary: "This description, as OpenAPI 3.1",
  query: {},
  answers: { 200: jsonAnswer("an OpenAPI document", { type: "object" }) },
  handle: () => jsonResponse(openApi),
});

/** Everything that `start` and `process` answer over HTTP, what is asked for most first. */
export const operations: readonly Operation[] = [
  candles,
  trades,
  symbols,
  tasks,
  stream,
  pulse,
  described,
  metrics,
  livez,
  readyz,
  page,
  asset,
];

/** The description of all of them. */
export const openApi: OpenApiDocument = openApiDocument(operations);

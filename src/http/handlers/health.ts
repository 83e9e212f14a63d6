import { jsonAnswer, type Operation, operation, problemsAnswer } from "../exchange/operation.ts";
import { readiness } from "../exchange/operations_server.ts";
import { jsonResponse } from "../response.ts";
import { list, object, text } from "../schema.ts";

/** Nothing but the process is looked at, so that a restart never loops. */
export const livez: Operation = operation({
  path: "/livez",
  id: "livez",
  summary: "The process answers",
  isOpen: true,
  query: {},
  answers: {
    200: jsonAnswer("alive", object({ status: { type: "string", const: "alive" } })),
  },
  handle: () => jsonResponse({ status: "alive" }),
});

/** See `readiness`. */
export const readyz: Operation = operation({
  path: "/readyz",
  id: "readyz",
  summary: "The program does its work",
  isOpen: true,
  query: {},
  answers: {
    200: jsonAnswer("ready, and what people should know nevertheless", {
      ...object({ status: { type: "string", const: "ready" }, notices: list(text()) }),
      required: ["status"],
    }),
    503: problemsAnswer("what stands in the way"),
  },
  handle: (_query, { view }, asked) => readiness(view.health(), asked),
});

import { healthSchema } from "../answer_schemas.ts";
import { jsonAnswer, type Operation, operation } from "../exchange/operation.ts";
import { jsonResponse } from "../response.ts";
import { healthJson } from "../wire.ts";

/** What this instance works on, and how far it is. */
export const tasks: Operation = operation({
  path: "/api/tasks",
  id: "tasks",
  summary: "What this instance works on and how far it is, and the resolutions on offer",
  query: {},
  answers: { 200: jsonAnswer("tasks and standbys by partition", healthSchema) },
  handle: (_query, { view, clock }) => jsonResponse(healthJson(view, clock.nowMs())),
});

import taskMeta from "../../schemas/task_meta.avsc" with { type: "text" };
import trade from "../../schemas/trade.avsc" with { type: "text" };
import windowResult from "../../schemas/window_result.avsc" with { type: "text" };
import windowState from "../../schemas/window_state.avsc" with { type: "text" };

/** Value of the input topic: the trades of one frame. */
export const tradeSchemaText: string = withoutLayout(trade);

/** Changelog value of a window. */
export const windowStateSchemaText: string = withoutLayout(windowState);

/** Value of the results topic: a window as its tables have it. */
export const windowResultSchemaText: string = withoutLayout(windowResult);

/** Changelog value of a task's own record. */
export const taskMetaSchemaText: string = withoutLayout(taskMeta);

/** One text for one schema, however its file is laid out: a registry may compare texts. */
function withoutLayout(schemaText: string): string {
  return JSON.stringify(JSON.parse(schemaText));
}

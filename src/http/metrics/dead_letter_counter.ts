import { Counter, type Registry } from "prom-client";
import { deadLetterCauses } from "../../streams/side_output.ts";

/**
 * Counts dead letters by cause. Every cause begins at 0: the first of a kind would else not show as
 * an increase.
 */
export function deadLetterCounter(
  description: { readonly name: string; readonly help: string },
  registry: Registry,
): Counter<"cause"> {
  const counter = new Counter({ ...description, labelNames: ["cause"], registers: [registry] });
  for (const cause of deadLetterCauses) counter.inc({ cause }, 0);
  return counter;
}

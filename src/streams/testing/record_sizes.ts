import { PipelineError } from "../../base/errors.ts";
import { shorterRecord } from "../side_output.ts";
import type { OutputRecord } from "../record.ts";

/** Records as a log takes them that has a bound for their size, and those that it does not take. */
export interface SortedBySize {
  readonly taken: readonly OutputRecord[];
  readonly refused: readonly OutputRecord[];
}

/** Does with records what a broker does by their size, which here is that of their values. */
export function sortBySize(records: readonly OutputRecord[], valueBytesMax: number): SortedBySize {
  const taken: OutputRecord[] = [];
  const refused: OutputRecord[] = [];
  for (const record of records) {
    let form: OutputRecord | undefined = record;
    while ((form?.value?.length ?? 0) > valueBytesMax) form = form && shorterRecord(form);
    if (form === undefined) refused.push(record);
    else taken.push(form);
  }
  return { taken, refused };
}

/**
 * The records of a transaction as the log takes them.
 *
 * @throws {PipelineError} `TOPIC_UNSUITABLE` for one that it does not take.
 */
export function takenWhole(
  records: readonly OutputRecord[],
  valueBytesMax: number,
): readonly OutputRecord[] {
  const { taken, refused } = sortBySize(records, valueBytesMax);
  if (refused[0] === undefined) return taken;
  const { topic, value } = refused[0];
  throw new PipelineError(
    "TOPIC_UNSUITABLE",
    `Cannot write to ${topic} as a value must have at most ${valueBytesMax} bytes: ${value?.length}`,
  );
}

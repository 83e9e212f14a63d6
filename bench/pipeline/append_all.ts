import type { OutputRecord } from "../../src/streams/record.ts";

/** Records sent at once. */
const portionRecords = 1_000;

/** Appends records, in portions: nothing of them is left to collect when time is taken. */
export async function appendAll(
  appender: { append(records: readonly OutputRecord[]): Promise<unknown> },
  records: Iterable<OutputRecord>,
): Promise<void> {
  let portion: OutputRecord[] = [];
  for (const record of records) {
    portion.push(record);
    if (portion.length < portionRecords) continue;
    await appender.append(portion);
    portion = [];
  }
  await appender.append(portion);
}

import { shorterRecord } from "../../streams/side_output.ts";
import type { PlannedBatch } from "./batch_plan.ts";
import { isStamped, unstamped } from "../wire/stamps.ts";

/** Why a broker does not take what is in a batch; asked again, it answers the same. */
export type RefusalReason = "size" | "timestamp";

/** By the protocol's error codes. */
const reasons: Readonly<Record<number, RefusalReason>> = {
  10: "size", // MESSAGE_TOO_LARGE
  18: "size", // RECORD_LIST_TOO_LARGE
  32: "timestamp", // INVALID_TIMESTAMP
};

/** The reason behind an error code; `undefined` where the batch's content is not the matter. */
export function refusalReason(errorCode: number): RefusalReason | undefined {
  return reasons[errorCode];
}

/**
 * What is sent in place of a refused batch: its records without timestamps, or in two halves; one
 * that is alone is cut if it may be. In the end every batch is taken, or is a record that is not.
 *
 * @returns Nothing for a record that no other form makes acceptable.
 * @see KIP-126, by which Kafka's own producer halves; differs: it gives up a single record.
 */
export function inPlaceOf(batch: PlannedBatch, reason: RefusalReason): PlannedBatch[] {
  const { records } = batch;
  if (reason === "timestamp" && records.some(isStamped)) {
    return [{ ...batch, records: records.map(unstamped) }];
  }
  if (records.length > 1) {
    const half = Math.ceil(records.length / 2);
    return [records.slice(0, half), records.slice(half)].map((part) => ({
      ...batch,
      records: part,
    }));
  }
  const shorter = records[0] && shorterRecord(records[0]);
  return shorter === undefined ? [] : [{ ...batch, records: [shorter] }];
}

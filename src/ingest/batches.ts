import type { OutputRecord } from "../streams/record.ts";

/** Bytes a record takes besides key, value and headers, generously. */
const recordOverheadBytes = 64;

/** About how many bytes a record takes in a request. */
export function recordBytes({ key, value, headers = {} }: OutputRecord): number {
  let bytes = recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of Object.entries(headers)) bytes += name.length + header.length;
  return bytes;
}

/**
 * Cuts records into batches, keeping their order.
 *
 * @param bytesMax Size of a batch; a single larger record is a batch of its own.
 */
export function splitByBytes(
  records: readonly OutputRecord[],
  bytesMax: number,
): OutputRecord[][] {
  const batches: OutputRecord[][] = [];
  let room = 0;
  for (const record of records) {
    const bytes = recordBytes(record);
    const batch = batches.at(-1);
    if (batch && bytes <= room) batch.push(record);
    else batches.push([record]);
    room = (batch && bytes <= room ? room : bytesMax) - bytes;
  }
  return batches;
}

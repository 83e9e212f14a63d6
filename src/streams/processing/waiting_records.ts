import type { OutputRecord } from "../record.ts";

/** Bytes of one kind of output that wait at most for a commit; then it is made early. */
export const waitingBytesMax = 8_388_608;

/**
 * Records that wait for a commit.
 *
 * Their keys and values may be views of what was read, of up to `unpackedBytesMax` of an unpacked
 * batch: they are copied, so that what waits is as large as it looks.
 */
export class WaitingRecords {
  #records: OutputRecord[] = [];
  #sizeBytes = 0;

  /** In the order in which they came. */
  get all(): readonly OutputRecord[] {
    return this.#records;
  }

  /** True when no more should wait. */
  get isFull(): boolean {
    return this.#sizeBytes >= waitingBytesMax;
  }

  add(record: OutputRecord): void {
    this.#sizeBytes += sizeBytesOf(record);
    this.#records.push({ ...record, key: ownBytes(record.key), value: ownBytes(record.value) });
  }

  /** Drops all behind the first `count`. */
  cutTo(count: number): void {
    for (const record of this.#records.splice(count)) this.#sizeBytes -= sizeBytesOf(record);
  }

  /** Leaves all of them to who has them, and begins again with none. */
  clear(): void {
    this.#records = [];
    this.#sizeBytes = 0;
  }
}

function sizeBytesOf({ key, value }: OutputRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}

function ownBytes(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null || bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
}

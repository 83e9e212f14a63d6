import type { Headers } from "./record.ts";
import { decodeText, encodeText } from "./text.ts";

const producerHeader = "producer-id";
const sequenceHeader = "sequence";

/** Who made a record, and which of theirs it is: the same for a record that is sent again. */
export interface RecordIdentity {
  readonly producerId: string;
  /** Increases from record to record of a producer; a safe integer >= 0. */
  readonly sequence: number;
}

/** The headers that carry an identity: both UTF-8, the sequence in decimal digits. */
export function identityHeaders({ producerId, sequence }: RecordIdentity): Headers {
  return {
    [producerHeader]: encodeText(producerId),
    [sequenceHeader]: encodeText(String(sequence)),
  };
}

/** The identity that headers carry; `undefined` if there is none, or a damaged one. */
export function identityOf(headers: Headers | undefined): RecordIdentity | undefined {
  const producerId = textOf(headers?.[producerHeader]);
  const digits = textOf(headers?.[sequenceHeader]);
  if (!producerId || digits === undefined || !/^\d{1,16}$/.test(digits)) return undefined;
  const sequence = Number(digits);
  return Number.isSafeInteger(sequence) ? { producerId, sequence } : undefined;
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : decodeText(bytes);
}

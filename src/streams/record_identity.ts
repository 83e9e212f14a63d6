import type { Headers } from "./record.ts";
import { decodeText, encodeText } from "./text.ts";

const producerHeader = "producer-id";
const sequenceHeader = "sequence";

/** Who made a record, and which of theirs it is: the same for a record that is sent again. */
export interface RecordIdentity {
  /** One per producer, the same over its restarts; at most 256 bytes. */
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
  const name = headers?.[producerHeader];
  const digits = headers?.[sequenceHeader];
  if (name === undefined || digits === undefined) return undefined;
  const producerId = name.length <= producerBytesMax ? decodeText(name) : undefined;
  const sequence = numberOf(digits);
  return producerId && sequence !== undefined ? { producerId, sequence } : undefined;
}

/** Longest name of a producer, bytes: a commit's meta record holds a thousand. Ours have under 60. */
const producerBytesMax = 256;

const digitsMax = 16;
const zero = 0x30;

/** The number that decimal digits stand for, digit by digit, as every record has one. */
function numberOf(digits: Uint8Array): number | undefined {
  if (digits.length === 0 || digits.length > digitsMax) return undefined;
  let number = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = (digits[i] as number) - zero;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return Number.isSafeInteger(number) ? number : undefined;
}

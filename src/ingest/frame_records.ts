import { assert } from "../base/assert.ts";
import type { EntryFault, Frame, ParsedFrame } from "../feed/frame.ts";
import type { TradeCodec } from "../market/codec.ts";
import type { Trade } from "../market/trade.ts";
import type { Headers, OutputRecord } from "../streams/record.ts";
import { identityHeaders } from "../streams/record_identity.ts";
import {
  cutValue,
  type DeadLetterCause,
  deadLetterTopic,
  wholeHeaders,
} from "../streams/side_output.ts";
import { encodeText } from "../streams/text.ts";

/**
 * Sequences that every frame has for its records.
 *
 * A frame gives one record per symbol and at most one dead letter. An entry of `data` takes at
 * least 28 bytes (`{"p":1,"s":"A","t":1,"v":1},`), so a frame of `frameBytesMax` = 1,000,000 bytes
 * gives at most 35,715 records: 2^16 is the next power of two that always suffices. What is left
 * of the 53 bits of a safe integer numbers 2^37 frames: 43 years at 100 frames a second.
 */
export const sequencesPerFrame: number = 2 ** 16;

/** The last frame of a source that can be numbered. */
export const frameSequenceMax: number = Math.floor(Number.MAX_SAFE_INTEGER / sequencesPerFrame);

/** Faults that a dead letter spells out; the others are only counted. */
const faultsNamedMax = 5;

/** What all records of a source share. */
export interface RecordOptions {
  readonly topic: string;
  readonly producerId: string;
  readonly codec: TradeCodec;
}

/** Why a frame, or a part of it, became a dead letter. */
export interface FrameDeadLetter {
  readonly cause: DeadLetterCause;
  readonly detail: string;
  /** Entries of the frame that it is about; 1 for a frame that has none. */
  readonly items: number;
}

/** What becomes of one frame. */
export interface FrameRecords {
  /** One record per symbol in order of first appearance, then the dead letter if there is one. */
  readonly records: readonly OutputRecord[];
  readonly tradeCount: number;
  readonly deadLetter: FrameDeadLetter | undefined;
}

/**
 * Turns a frame into records: pure, so that a repeated frame gives the same records again.
 *
 * The trades of a symbol stay in the frame's order in one record, keyed by the symbol, with the
 * time the frame was received. The record's sequence is a function of the frame's: see
 * `recordSequence`. Whatever cannot be a trade makes the frame a dead letter, as a whole and
 * unchanged, beside the records of its good trades; pings and error messages give nothing.
 *
 * @throws {PipelineError} Whatever `codec.encode` throws.
 */
export function frameToRecords(
  frame: Frame,
  parsed: ParsedFrame,
  terms: RecordOptions,
): FrameRecords {
  const trades = parsed.kind === "trades" ? parsed.trades : [];
  const records = splitBySymbol(trades).map((group, index) =>
    tradeRecord(frame, group, index, terms)
  );
  const deadLetter = faultOf(parsed);
  if (deadLetter) records.push(deadLetterOf(frame, deadLetter, records.length, terms));
  return { records, tradeCount: trades.length, deadLetter };
}

/**
 * The sequence of a frame's record: strictly increasing over the records of a source, and the
 * same whenever the frame is repeated.
 *
 * @param frameSequence The frame's number within its source, from 1.
 * @param index The record's place among those of the frame, from 0.
 */
export function recordSequence(frameSequence: number, index: number): number {
  assert(index < sequencesPerFrame, `a frame must give < ${sequencesPerFrame} records: ${index}`);
  const sequence = frameSequence * sequencesPerFrame + index;
  assert(Number.isSafeInteger(sequence), `sequence must be a safe integer: ${sequence}`);
  return sequence;
}

/** The number of the frame that a record came from. */
export function frameSequenceOf(sequence: number): number {
  return Math.floor(sequence / sequencesPerFrame);
}

/** Groups trades by symbol: groups in order of first appearance, trades in the given order. */
export function splitBySymbol(trades: readonly Trade[]): Trade[][] {
  const groups = new Map<string, Trade[]>();
  for (const trade of trades) {
    const group = groups.get(trade.symbol);
    if (group) group.push(trade);
    else groups.set(trade.symbol, [trade]);
  }
  return [...groups.values()];
}

function tradeRecord(
  frame: Frame,
  trades: readonly Trade[],
  index: number,
  { topic, producerId, codec }: RecordOptions,
): OutputRecord {
  const symbol = trades[0]?.symbol;
  assert(symbol !== undefined, "a record must hold a trade: none");
  return {
    topic,
    timestampMs: frame.receivedAtMs,
    key: encodeText(symbol),
    value: codec.encode(trades),
    headers: identityHeaders({ producerId, sequence: recordSequence(frame.sequence, index) }),
  };
}

/** What of a frame cannot become records, if anything. */
function faultOf(parsed: ParsedFrame): FrameDeadLetter | undefined {
  if (parsed.kind === "malformed") return { cause: "malformed", detail: parsed.cause, items: 1 };
  if (parsed.kind !== "trades") return undefined;
  if (parsed.faults.length > 0) {
    const { faults } = parsed;
    return { cause: "impossible-value", detail: describeFaults(faults), items: faults.length };
  }
  if (parsed.trades.length > 0) return undefined;
  return { cause: "empty", detail: "frame holds no trades", items: 1 };
}

function describeFaults(faults: readonly EntryFault[]): string {
  const named = faults.slice(0, faultsNamedMax).map(({ index, fault }) =>
    `data[${index}]: ${fault}`
  );
  const rest = faults.length - named.length;
  return named.join("; ") + (rest > 0 ? `; and ${rest} more` : "");
}

/** Dead letters have no key; they all go to the first partition, where they keep their order. */
function deadLetterOf(
  frame: Frame,
  letter: FrameDeadLetter,
  index: number,
  { topic, producerId }: RecordOptions,
): OutputRecord {
  return cutValue({
    topic: deadLetterTopic(topic),
    partition: 0,
    timestampMs: frame.receivedAtMs,
    key: null,
    value: frame.unreadable?.bytes ?? encodeText(frame.text),
    headers: {
      ...identityHeaders({ producerId, sequence: recordSequence(frame.sequence, index) }),
      ...wholeHeaders("value", frame.unreadable?.whole),
      ...letterHeaders(letter),
    },
    cuttable: true,
  });
}

/** Why a record that its topic does not take becomes a dead letter. */
export const tooLarge: FrameDeadLetter = {
  cause: "too-large",
  detail: "record is larger than its topic takes",
  items: 1,
};

/** The dead letter of such a record, under the record's own sequence; the log cuts it to size. */
export function refusedLetter(record: OutputRecord): OutputRecord {
  return cutValue({
    ...record,
    topic: deadLetterTopic(record.topic),
    partition: 0,
    headers: { ...record.headers, ...letterHeaders(tooLarge) },
    cuttable: true,
  });
}

function letterHeaders({ cause, detail }: FrameDeadLetter): Headers {
  return {
    origin: encodeText("feed"),
    cause: encodeText(cause),
    detail: encodeText(detail),
  };
}

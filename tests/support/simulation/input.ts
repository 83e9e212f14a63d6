import { encodeText } from "../../../src/streams/text.ts";
import type { OutputRecord } from "../../../src/streams/record.ts";
import { identityHeaders, type RecordIdentity } from "../../../src/streams/record_identity.ts";
import { type Measurement, unbearable } from "../counting_topology.ts";
import type { Chance } from "./chance.ts";

/** What a record of the simulated input was meant to be. */
export interface InputRecord {
  /** Where it is sent; the first input without it. */
  readonly topic?: "second" | "third" | "factors" | "more" | "catalog";
  /** Of a table; `null` deletes, `undefined` is what cannot be read. */
  readonly factor?: number | null | undefined;
  /** `null` for a producer that names none and mixes keys. */
  readonly key: string | null;
  /** Decides on the partition of a record without a key, sent again or not. */
  readonly spread?: number;
  /** True for one of a writer that places keys in its own way: as `spread` says. */
  readonly isMisplaced?: boolean;
  /** Received, epoch ms; may be impossible. */
  readonly timestampMs: number;
  /** `undefined` for bytes that are not JSON. */
  readonly events: readonly InputEvent[] | undefined;
  /** Who sent it; `undefined` for a producer that does not say. */
  readonly sent: RecordIdentity | undefined;
  /** How many events a record had, some of which lay elsewhere than their keys' partitions. */
  readonly wrongKey?: number;
  /** What is made of its events has these names, where chance decides on the order of records. */
  readonly names?: {
    readonly origin: (index: number | "") => string;
    readonly row: (index: number) => string;
  };
}

/** A measurement whose value may be missing. */
export interface InputEvent extends Omit<Measurement, "value"> {
  readonly value: number | null;
}

/** Producers that name themselves and may send their last records again. */
const producers = ["p", "q"];

/** Bytes of a value that the topics take which the job writes. */
export const writtenBytesMax = 10_000;

/** Cannot be read, nor be written whole: an input unpacks to more than other topics take. */
const noJson = "{no json".padEnd(2 * writtenBytesMax);

/** Records that a producer sends again at most. */
const repeatedMax = 4;

/** Of what is drawn. */
export const inputKeys = ["hot", "warm", "c\0d", "été", "quiet"] as const;

/** Draws records of a hot and some quiet keys, with everything that makes input hard. */
export class InputSource {
  readonly #chance: Chance;
  readonly #sent = new Map<string, InputRecord[]>();
  #receivedAtMs = 10_000_000;
  readonly #mixes: boolean;

  /** @param options.mixes True for a world in which some records name no key and mix several. */
  constructor(chance: Chance, { mixes = false }: { readonly mixes?: boolean } = {}) {
    this.#chance = chance;
    this.#mixes = mixes;
  }

  /** What a producer sends again that was killed before it knew that its last records arrived. */
  repeated(): readonly InputRecord[] {
    const records = this.#sent.get(this.#chance.pick(producers)) ?? [];
    return records.slice(-this.#chance.whole(1, repeatedMax));
  }

  next(): InputRecord {
    return this.#send(this.#drawn());
  }

  #drawn(): InputRecord {
    const chance = this.#chance;
    this.#receivedAtMs += chance.pick([0, 0, 500, 2_500, 5_000, 10_000]);
    const mixed = this.#mixes && chance.oneIn(2);
    const drawKey = () => chance.oneIn(2) ? "hot" : chance.pick(inputKeys);
    const key = drawKey();
    const timestampMs = chance.oneIn(60) ? -1 : this.#receivedAtMs;
    const events = chance.oneIn(25)
      ? undefined
      : Array.from({ length: chance.whole(1, 4) }, () => this.#event(mixed ? drawKey() : key));
    const named = { key: mixed ? null : key, timestampMs, events, sent: undefined };
    return { ...named, spread: chance.whole(0, 5) };
  }

  /** The same for a further input. */
  nextOf(topic: "second" | "third"): InputRecord {
    return this.#send({ ...this.#drawn(), topic });
  }

  /** A record of a table; of the first input without a topic. */
  nextFactor(topic?: InputRecord["topic"]): InputRecord {
    const chance = this.#chance;
    if (topic === undefined || topic === "second") {
      this.#receivedAtMs += chance.pick([0, 0, 500, 2_500]);
    }
    const factor = chance.oneIn(8) ? undefined : chance.oneIn(5) ? null : chance.whole(0, 9);
    return this.#send({
      ...topic === undefined ? {} : { topic },
      factor,
      key: chance.oneIn(2) ? "hot" : chance.pick(inputKeys),
      timestampMs: chance.oneIn(60) ? -1 : this.#receivedAtMs,
      events: undefined,
      sent: undefined,
    });
  }

  #send(record: InputRecord): InputRecord {
    if (this.#chance.oneIn(3)) return record;
    const producerId = this.#chance.pick(producers);
    const records = this.#sent.get(producerId) ?? [];
    this.#sent.set(producerId, records);
    const named = { ...record, sent: { producerId, sequence: records.length + 1 } };
    records.push(named);
    return named;
  }

  #event(key: string): InputEvent {
    const chance = this.#chance;
    const value = chance.oneIn(30) ? chance.pick([null, unbearable]) : chance.whole(0, 99);
    return { key, timeMs: this.#receivedAtMs + this.#distanceMs(), value };
  }

  /** Mostly on round times, so that windows' edges, ties and closing times are met exactly. */
  #distanceMs(): number {
    const chance = this.#chance;
    if (chance.oneIn(40)) return chance.pick([60_000, 60_001, 1_000_000]);
    if (chance.oneIn(3)) return -500 * chance.whole(0, 80);
    return -chance.whole(0, 2_000);
  }
}

/** The record as it is sent. */
export function toOutput(record: InputRecord): OutputRecord {
  const { topic = "input", key, timestampMs, sent } = record;
  return {
    topic,
    timestampMs,
    key: key === null ? null : encodeText(key),
    value: valueOf(record),
    ...(sent === undefined ? {} : { headers: identityHeaders(sent) }),
  };
}

function valueOf(record: InputRecord): Uint8Array | null {
  const content = "factor" in record ? record.factor : record.events;
  if (content === null) return null;
  return encodeText(content === undefined ? noJson : JSON.stringify(content));
}

import { encodeText } from "../../../src/streams/text.ts";
import type { OutputRecord } from "../../../src/streams/record.ts";
import { type Measurement, unbearable } from "../counting_topology.ts";
import type { Chance } from "./chance.ts";

/** What a record of the simulated input was meant to be. */
export interface InputRecord {
  readonly key: string;
  /** Received, epoch ms; may be impossible. */
  readonly timestampMs: number;
  /** `undefined` for bytes that are not JSON. */
  readonly events: readonly InputEvent[] | undefined;
}

/** A measurement whose value may be missing. */
export interface InputEvent extends Omit<Measurement, "value"> {
  readonly value: number | null;
}

const keys = ["hot", "warm", "c\0d", "été", "quiet"];

/** Draws records of a hot and some quiet keys, with everything that makes input hard. */
export class InputSource {
  readonly #chance: Chance;
  #receivedAtMs = 10_000_000;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  next(): InputRecord {
    const chance = this.#chance;
    this.#receivedAtMs += chance.pick([0, 0, 500, 2_500, 5_000, 10_000]);
    const key = chance.oneIn(2) ? "hot" : chance.pick(keys);
    const timestampMs = chance.oneIn(60) ? -1 : this.#receivedAtMs;
    if (chance.oneIn(25)) return { key, timestampMs, events: undefined };
    const events = Array.from({ length: chance.whole(1, 4) }, () => this.#event(key));
    return { key, timestampMs, events };
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
export function toOutput({ key, timestampMs, events }: InputRecord): OutputRecord {
  return {
    topic: "input",
    timestampMs,
    key: encodeText(key),
    value: encodeText(events === undefined ? "{no json" : JSON.stringify(events)),
  };
}

import { assert } from "../../base/assert.ts";
import { json } from "./codecs.ts";
import { type Duration, durationMs } from "./duration.ts";
import { type Either, eitherOrigin } from "./either.ts";
import { Due } from "./key_values.ts";
import { processorSteps, type Steps } from "./processor.ts";
import type { Origin, ValuesPlan } from "./values.ts";
import { rowLength, startOfRow, type WaitingPart, WaitingValues } from "./waiting_values.ts";

/** How far apart two values of a key may be that belong together. */
export interface JoinWindows {
  /** Greatest distance of their times, ms, > 0. */
  readonly differenceMs: number;
  /** How long a value is kept beyond that for late partners, ms of the partition's time, >= 0. */
  readonly graceMs: number;
}

/**
 * Values whose times are no further apart than this.
 *
 * @param options.grace How late a partner may come; not at all without it.
 * @throws {InvariantError} If a length is not a whole number of milliseconds.
 * @see Kafka Streams JoinWindows#ofTimeDifferenceAndGrace
 */
export function within(
  difference: Duration,
  { grace = 0 }: { readonly grace?: Duration } = {},
): JoinWindows {
  const [differenceMs, graceMs] = [durationMs(difference), durationMs(grace)];
  assert(Number.isSafeInteger(differenceMs) && differenceMs > 0, `must be > 0: ${differenceMs}`);
  assert(Number.isSafeInteger(graceMs) && graceMs >= 0, `grace must be >= 0: ${graceMs}`);
  return Object.freeze({ differenceMs, graceMs });
}

/** What becomes of the values of two streams. */
export interface StreamJoin<T, U, V> {
  readonly windows: JoinWindows;
  /** Makes something of a pair. */
  make(left: T, right: U): V;
  /** Makes something of a left value that had no partner; without it none is made. */
  readonly left?: ((left: T) => V) | undefined;
  /** The same of a right value. */
  readonly right?: ((right: U) => V) | undefined;
}

/** Steps that join the values of two streams, which are those of a processor. */
export function streamJoin<E, F, T, U, V>(
  name: string,
  left: ValuesPlan<E, T>,
  right: ValuesPlan<F, U>,
  join: StreamJoin<T, U, V>,
): { readonly origin: Origin<Either<E, F>>; readonly steps: Steps<Either<E, F>, V> } {
  const origin = eitherOrigin(left, right);
  const { timeOf } = origin.source;
  const before: Steps<Either<E, F>, Either<T, U>> = (cause, context, stores) => {
    const ofLeft = cause instanceof Due ? cause : "left" in cause ? cause.left : undefined;
    const ofRight = cause instanceof Due ? cause : "right" in cause ? cause.right : undefined;
    const none: readonly never[] = [];
    return [
      ...(ofLeft === undefined ? none : left.steps(ofLeft, context, stores)).map((left) => ({
        left,
      })),
      ...(ofRight === undefined ? none : right.steps(ofRight, context, stores)).map((right) => ({
        right,
      })),
    ];
  };
  const codecs = { left: json<WaitingPart<T>>(), right: json<WaitingPart<U>>() };
  const { differenceMs, graceMs } = join.windows;
  const rowMs = rowLength(differenceMs);
  const keptMs = rowMs + differenceMs + graceMs;
  const partnersOf = (timeMs: number) => {
    const startMs = Math.max(0, timeMs - differenceMs);
    const goneAtMs = startOfRow(startMs, rowMs) + keptMs;
    return { startMs, endMs: timeMs + differenceMs + 1, goneAtMs };
  };
  const steps = processorSteps(name, codecs, {
    process(value, { timeMs, stores, schedule }) {
      schedule(startOfRow(timeMs, rowMs) + keptMs);
      const lefts = new WaitingValues(stores.left, differenceMs);
      const rights = new WaitingValues(stores.right, differenceMs);
      if ("left" in value) {
        const partners = rights.partnersOf(timeMs);
        const joined = partners.length > 0 || join.left === undefined;
        lefts.add(timeMs, value.left, { joined });
        return partners.map((partner) => join.make(value.left, partner));
      }
      const partners = lefts.partnersOf(timeMs);
      const joined = partners.length > 0 || join.right === undefined;
      rights.add(timeMs, value.right, { joined });
      return partners.map((partner) => join.make(partner, value.right));
    },
    punctuate(timeMs, { stores }): readonly V[] {
      const startMs = timeMs - keptMs;
      const lefts = new WaitingValues(stores.left, differenceMs).takeAlone(startMs);
      const rights = new WaitingValues(stores.right, differenceMs).takeAlone(startMs);
      return [
        ...join.left === undefined ? [] : lefts.map(join.left),
        ...join.right === undefined ? [] : rights.map(join.right),
      ];
    },
  }, { before, timeOf, partnersOf });
  return { origin, steps };
}

import { assert } from "../../base/assert.ts";
import type { LogRecord } from "../record.ts";
import { otherInputs, type Reading, type Source, streamsOf, type WithInputs } from "./topology.ts";
import { inputsOf, type Origin } from "./values.ts";

/** A value of one of two streams. */
export type Either<L, R> = { readonly left: L } | { readonly right: R };

const leftTag = 0;
const rightTag = 1;

/**
 * Two streams as one of the values of both, so that a task reads the same partition of each.
 *
 * @throws {InvariantError} If they share a topic, or one is keyed by its values and the other by its
 *   records; as `inputsOf`.
 */
export function eitherOrigin<L, R>(left: Origin<L>, right: Origin<R>): Origin<Either<L, R>> {
  const shared = [...sharedTopics(left, right), ...sharedTopics(right, left)];
  assert(shared.length === 0, `streams to be joined must be of different topics: ${shared}`);
  assert(
    left.repartition === right.repartition,
    `${left.source.topic} and ${right.source.topic} must both be keyed by keyBy, or by groupByKey`,
  );
  return {
    source: eitherSource(left.source, right.source),
    repartition: left.repartition,
    ...inputsOf(left, right),
  };
}

/** What one reads as a stream, and the other one in any way: a table may be that of both. */
function sharedTopics({ source }: WithInputs, other: WithInputs): readonly string[] {
  const topics = [other.source.topic, ...otherInputs(other)];
  return streamsOf(source).filter((topic) => topics.includes(topic));
}

/** What is sent on, and has no topic of its own any more, has its side in its first byte. */
function eitherSource<L, R>(left: Source<L>, right: Source<R>): Source<Either<L, R>> {
  const sides = new Map([
    ...streamsOf(left).map((topic) => [topic, leftTag] as const),
    ...streamsOf(right).map((topic) => [topic, rightTag] as const),
  ]);
  const isRight = ({ topic, value }: LogRecord) => (sides.get(topic) ?? value?.[0]) === rightTag;
  const inner = (record: LogRecord) =>
    sides.has(record.topic)
      ? record
      : { ...record, value: record.value && record.value.subarray(1) };
  return {
    topic: left.topic,
    more: [...left.more, ...streamsOf(right)],
    ofTables: [...left.ofTables, ...right.ofTables],
    async prepare(records) {
      await Promise.all([
        left.prepare(records.filter((record) => !isRight(record)).map(inner)),
        right.prepare(records.filter(isRight).map(inner)),
      ]);
    },
    read: (record, rekeyed) =>
      isRight(record)
        ? wrapped(right.read(inner(record), rekeyed), (right) => ({ right }))
        : wrapped(left.read(inner(record), rekeyed), (left) => ({ left })),
    keyFault: (key) => left.keyFault?.(key) ?? right.keyFault?.(key),
    fault: (event) => "left" in event ? left.fault(event.left) : right.fault(event.right),
    timeOf: (event, record) =>
      "left" in event ? left.timeOf(event.left, record) : right.timeOf(event.right, record),
    asRead: false,
    write: (events) => {
      const lefts = events.flatMap((event) => "left" in event ? [event.left] : []);
      const rights = events.flatMap((event) => "right" in event ? [event.right] : []);
      assert(lefts.length === 0 || rights.length === 0, "a record's values are of one stream");
      return rights.length > 0
        ? Uint8Array.from([rightTag, ...right.write(rights)])
        : Uint8Array.from([leftTag, ...left.write(lefts)]);
    },
    writeLate: (event) =>
      "left" in event ? lateValue(left, event.left) : lateValue(right, event.right),
  };
}

function lateValue<T>(source: Source<T>, event: T): Uint8Array {
  return source.writeLate?.(event) ?? source.write([event]);
}

function wrapped<T, U>(reading: Reading<T>, wrap: (event: T) => U): Reading<U> {
  if (reading.kind === "nothing" || reading.kind === "dead") return reading;
  return { ...reading, events: reading.events.map(wrap) };
}

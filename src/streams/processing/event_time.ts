import type { EventContext, Fault, Topology } from "../topology/topology.ts";

/** An event that cannot be used. */
interface Refused extends Fault {
  /** For one that is too far ahead, epoch ms. */
  readonly eventTimeMs?: number;
}

/** When an event happened, epoch ms, or `undefined` for one that cannot be used. */
export function usableTime<E>(
  topology: Pick<Topology<E, never, never>, "source" | "maxFutureMs">,
  event: E,
  context: Pick<EventContext, "record">,
): number | undefined {
  try {
    const time = eventTime(topology, event, context);
    return typeof time === "number" ? time : undefined;
  } catch {
    return undefined; // its processing says why
  }
}

/** When an event happened, epoch ms, or why it cannot be used. */
export function eventTime<E>(
  { source, maxFutureMs }: Pick<Topology<E, never, never>, "source" | "maxFutureMs">,
  event: E,
  { record }: Pick<EventContext, "record">,
): number | Refused {
  const fault = source.fault(event);
  if (fault !== undefined) return fault;
  const timeMs = source.timeOf(event, record);
  if (!Number.isSafeInteger(timeMs) || timeMs < 0) {
    return { cause: "impossible-value", detail: `event time is not epoch ms: ${timeMs}` };
  }
  const aheadMs = timeMs - record.timestampMs;
  if (aheadMs <= maxFutureMs) return timeMs;
  const detail = `event is ${aheadMs} ms ahead of its receipt`;
  return { cause: "far-future", detail, eventTimeMs: timeMs };
}

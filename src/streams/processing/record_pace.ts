import { type ArrivedPart, progressOf } from "../repartition_record.ts";
import type { LogRecord } from "../record.ts";
import type { Topology } from "../topology/topology.ts";
import { usableTime } from "./event_time.ts";
import type { Pace } from "./pace.ts";
import type { Rekeying } from "./rekeying.ts";

/** What a pace is told of records, and says in one. */
export class RecordPace<E> {
  readonly #topology: Pick<Topology<E, never, never>, "source" | "maxFutureMs">;
  readonly #pace: Pace | undefined;

  /** @param pace Absent for jobs whose tasks need not wait for each other. */
  constructor(
    topology: Pick<Topology<E, never, never>, "source" | "maxFutureMs">,
    pace: Pace | undefined,
  ) {
    this.#topology = topology;
    this.#pace = pace;
  }

  /** A record of the input was read, with at least one event. */
  read(events: readonly E[], record: LogRecord): void {
    if (this.#pace?.inUse === true) this.#readTo(events, record);
  }

  /** Events of a record were sent on. */
  sentOn(events: readonly E[], record: LogRecord): void {
    if (this.#pace?.inUse === false) this.#readTo(events, record);
    this.#pace?.sentOn();
  }

  /** Takes in a part without events; false for one that says nothing. */
  heard({ value, origin }: ArrivedPart): boolean {
    const progress = progressOf(value);
    if (progress !== undefined) this.#pace?.heard(origin.partition, progress);
    return progress !== undefined;
  }

  /** Says to the tasks that may wait for this one how far it is, with what is sent on next. */
  tell(
    rekeying: Rekeying,
    place: Pick<LogRecord, "timestampMs" | "partition" | "offset">,
    reach: { readonly behind: boolean },
  ): void {
    const progress = this.#pace?.say(reach);
    if (progress !== undefined) rekeying.tell(progress, place);
  }

  #readTo(events: readonly E[], record: LogRecord): void {
    const timeMs = usableTime(this.#topology, events.at(-1) as E, { record });
    if (timeMs !== undefined) this.#pace?.readTo(timeMs);
  }
}

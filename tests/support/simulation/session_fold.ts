/** An event of a key whose session is open, and what it counts for. */
interface SessionEvent {
  readonly timeMs: number;
  readonly count: number;
  readonly sum: number;
}

/** A session as its events make it. */
export interface ModelSession {
  readonly startMs: number;
  readonly lastMs: number;
  readonly count: number;
  readonly sum: number;
}

/** The open sessions of keys: all of a key's events, sorted and cut where there is a gap. */
export class SessionFold {
  readonly #gapMs: number;
  readonly #events = new Map<string, readonly SessionEvent[]>();

  constructor(gapMs: number) {
    this.#gapMs = gapMs;
  }

  of(key: string): readonly ModelSession[] {
    return this.#cut(this.#events.get(key) ?? []);
  }

  /** @returns What the event made, and what is there no more. */
  add(key: string, event: SessionEvent): {
    readonly made: ModelSession;
    readonly gone: readonly ModelSession[];
  } {
    const before = this.of(key);
    this.#events.set(key, [...this.#events.get(key) ?? [], event]);
    const after = this.of(key);
    const made = after.find(({ lastMs }) => lastMs >= event.timeMs) as ModelSession;
    const starts = new Set(after.map(({ startMs }) => startMs));
    return { made, gone: before.filter(({ startMs }) => !starts.has(startMs)) };
  }

  /** Takes those out whose last event lies before a time. */
  close(key: string, closedToMs: number): readonly ModelSession[] {
    const closed = this.of(key).filter(({ lastMs }) => lastMs < closedToMs);
    const leastMs = Math.max(-1, ...closed.map(({ lastMs }) => lastMs));
    const left = (this.#events.get(key) ?? []).filter(({ timeMs }) => timeMs > leastMs);
    this.#events.set(key, left);
    return closed;
  }

  forget(key: string): void {
    this.#events.delete(key);
  }

  #cut(events: readonly SessionEvent[]): ModelSession[] {
    const sessions: ModelSession[] = [];
    for (const { timeMs, count, sum } of events.toSorted((a, b) => a.timeMs - b.timeMs)) {
      const last = sessions.at(-1);
      if (last === undefined || timeMs >= last.lastMs + this.#gapMs) {
        sessions.push({ startMs: timeMs, lastMs: timeMs, count, sum });
      } else {
        const [counts, sums] = [last.count + count, last.sum + sum];
        sessions[sessions.length - 1] = { ...last, lastMs: timeMs, count: counts, sum: sums };
      }
    }
    return sessions;
  }
}

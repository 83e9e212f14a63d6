/** One window of one key. `aggregate` is the topology's own and may be changed in place. */
export interface WindowState<A> {
  /** What the job folds its events into. */
  aggregate: A;
  /** True once the window is closed; it never changes again. */
  final: boolean;
  /** Write time of its row, microseconds: set by the last event that changed the window. */
  versionUs: number;
  /** Record timestamp of that event, epoch ms. */
  receivedAtMs: number;
  /** Of a session: time from its first event to its last one, ms. */
  spanMs?: number;
  /** Of a sliding window: time of its last event, of the advance that holds it, epoch ms. */
  lastMs?: number;
  /** Of a session: true once it has become part of another one. */
  withdrawn?: boolean;
}

/** Time of one key: moved by its own events only, so a quiet key makes no other one's late. */
export interface KeyTimes {
  /** Greatest event time seen for the key, epoch ms. */
  streamTimeMs: number;
  /**
   * Windows that start before this are closed, epoch ms: an event of theirs is late, whatever the
   * grace is now. Only moves forward.
   */
  closedToMs: number;
  /**
   * Rows of windows that start before this are gone from the store, epoch ms; by length, those of
   * roll-ups behind that of the windows.
   */
  readonly purgedToMs: number[];
}

/** What the row of a key says of it beside the content of its windows. */
export interface KeyState extends Readonly<KeyTimes> {
  /** Starts of the windows that are not closed yet, ascending; bounded by size and grace. */
  readonly openWindows: number[];
}

/** A key and its time. */
export interface KeyTime {
  /** The key as text. */
  readonly key: string;
  /**
   * What is kept of it: its stream time, its open windows.
   *
   * @internal
   */
  readonly state: KeyState;
}

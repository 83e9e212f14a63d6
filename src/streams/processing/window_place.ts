import type { CachedKey } from "../state/cached_key.ts";
import type { EventFold } from "./event_fold.ts";

/** Whose windows an event may fall into. */
export interface WindowPlace<E, A> {
  readonly owner: CachedKey<A>;
  /** From where on its windows are open; where it has expired, from where on it begins again. */
  readonly closedToMs: number;
  readonly expired: boolean;
  readonly fold: EventFold<E, A>;
}

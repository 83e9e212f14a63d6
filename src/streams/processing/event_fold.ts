import type { KeyValueStores } from "../topology/key_values.ts";
import type { Aggregator, EventContext, Topology } from "../topology/topology.ts";

/** How an event is added to its windows: the job's aggregator, or what the event comes to. */
export type EventFold<E, A> = Pick<Aggregator<E, A>, "add">;

type FoldingJob<E, A> = Pick<Topology<E, A, never>, "derivation" | "aggregator" | "tableless">;

/** How an event is folded; `undefined` where nothing comes of it. */
export function eventFold<E, A>(
  { derivation, aggregator, tableless }: FoldingJob<E, A>,
  event: E,
  context: EventContext,
  stores: KeyValueStores,
): EventFold<E, A> | undefined {
  if (tableless) return undefined;
  if (derivation === undefined) return aggregator;
  const additions = derivation.of(event, context, stores);
  if (additions.length === 0) return undefined;
  return { add: (sum) => additions.reduce((into, addition) => addition.addTo(into), sum) };
}

import type { CommitPlace } from "../commit/commit.ts";
import type { ReadFrom } from "../ports.ts";
import type { ReadAhead } from "../processing/read_ahead.ts";
import type { TopicPartition } from "../record.ts";
import { knownEpoch, type OtherPosition, type TaskMeta } from "../state/state.ts";

/** A task's inputs: the first one, and those beside it. */
export type Inputs = readonly [ReadAhead, ...ReadAhead[]];

/** Readers of a task's inputs, each from where the state is. */
export function openInputs(
  { input, others = [], repartition, lineage }: CommitPlace,
  meta: TaskMeta,
  open: (place: TopicPartition, from: ReadFrom) => ReadAhead,
): { readonly inputs: Inputs; readonly rekeyed: ReadAhead | undefined } {
  const first = open(input, {
    offset: meta.inputOffset,
    leaderEpoch: knownEpoch(meta.inputEpoch),
    topicId: lineage.topicId,
  });
  const further = others.map((place) => {
    const { topic } = place;
    const { offset, epoch } = meta.others?.find((o) => o.topic === topic) as OtherPosition;
    const topicId = lineage.others?.find((other) => other.topic === topic)?.topicId;
    return open(place, { offset, leaderEpoch: knownEpoch(epoch), topicId });
  });
  const rekeyed = repartition && open(repartition, {
    offset: meta.rekeyedOffset,
    leaderEpoch: knownEpoch(meta.rekeyedEpoch),
    topicId: lineage.repartitionId,
  });
  return { inputs: [first, ...further], rekeyed };
}

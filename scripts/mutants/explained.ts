import { explainedOfAdapters } from "./explained_adapters.ts";
import type { Verdict } from "./pool.ts";

/** Why no test notices many mutants of one kind. */
interface Kind {
  /** What their ids, without the path, look like. */
  readonly pattern: RegExp;
  /** Only those that no test reaches where they differ. */
  readonly unreached: boolean;
  readonly why: string;
}

const kinds: readonly Kind[] = [
  {
    pattern: /^fallback .*([\])]|\.length) \?\? (0|-?1|0n|""|\[\]|undefined)( #\d+)?$/,
    unreached: true,
    why: "the element is always there, which only the compiler cannot see",
  },
  {
    pattern: /^bound [^?&|]+ [<>]=? \S*Max( #\d+)?$/,
    unreached: true,
    why: "a limit that was chosen: one more or one less is as good",
  },
  {
    pattern: /^order refuse\w+\(/,
    unreached: false,
    why: "which of two reasons to refuse is named, where there are both",
  },
];

/** Why no test needs to notice a mutant; `undefined` if nothing says so. */
export function explanationOf(
  { id, path }: { readonly id: string; readonly path: string },
  { reached }: Pick<Verdict, "reached">,
): string | undefined {
  const change = id.slice(path.length + 1);
  const kind = kinds.find(({ pattern, unreached }) =>
    pattern.test(change) && !(unreached && reached)
  );
  return explained[id] ?? kind?.why;
}

/** The same by the mutants' ids: they are equivalent, or change only speed, memory or the text of a message. */
export const explained: Readonly<Record<string, string>> = {
  ...explainedOfAdapters,
  "src/streams/commit/changes.ts bound Math.max(state.streamTimeMs - windows.retentionMs, renewedFromMs) <= f":
    "only speed: what follows finds that nothing has outlived its retention",
  "src/streams/commit/commit_under_way.ts boolean false": "it is set before it is looked at",
  "src/streams/commit/commit_under_way.ts order this.#abort.abort(); this.#onEnd();":
    "whoever waits for it continues after both",
  "src/streams/commit/commit_under_way.ts order await this.#work; await this.#alongside;":
    "both are waited for",
  "src/streams/task/global_tables.ts return return this.#leftOut(record, record.unreadable);":
    "only the text of a line: what cannot be read has no key",
  "src/streams/task/global_tables.ts equality id !== about.id":
    "readers of a topic that was replaced notice it themselves",
  "src/streams/task/lineage_watch.ts order await clock.sleep(lookEveryMs, this.#stop.signal); refuseOtherLineage(":
    "only one look more, at the start",
  "src/streams/task/results_under_way.ts return return false;":
    "only speed: without deletions nothing of results is deleted",
  "src/streams/task/standby_task.ts order this.#onTurn(error); this.#opened.resolve();":
    "whoever waits for it continues after both",
  "src/streams/task/stream_task.ts order session.passed(input.topic, fetched); this.#listener.fetched(this.#pla":
    "neither looks at the other",
  "src/streams/task/stream_task.ts bound this.#untilDueMs() <= 0 #2":
    "only time: a task that waits for others looks again within half a second",
  "src/streams/task/task_control.ts order this.#close(); this.#abort.abort();":
    "whoever hears of either continues after both",
  "src/streams/task/task_control.ts order this.#closing.resolve(); this.#waker?.();":
    "whoever waits for either continues after both",
  "src/streams/task/task_manager.ts order listener.failed(input, error); this.#taskFailed(input.partition, error":
    "neither looks at the other",
  "src/streams/task/task_manager.ts order this.#tasks.set(partition, task); task.start();":
    "a task that begins looks at no other",
  "src/streams/task/task_manager.ts order this.#standbys.set(partition, standby); standby.start();":
    "a standby that begins looks at no other",
  "src/streams/task/task_manager.ts order this.#tasks.delete(partition); this.#keepInMind(partition, task.held);":
    "steps in the memory of two things, between which nothing looks at them",
  "src/streams/task/task_manager.ts order this.#standbys.delete(partition); this.#keepInMind(partition, standby.":
    "steps in the memory of two things, between which nothing looks at them",
  "src/streams/task/task_manager.ts order await standby.close(); this.#standbys.delete(partition);":
    "only what is shown while it closes",
  "src/streams/task/task_pace.ts boolean false":
    "before the first read of the input there is no time that anyone could be told",
  "src/streams/task/task_pace.ts bound clock.monotonicMs() - askedMs >= askMs":
    "only time: others are asked about one turn later",
  "src/streams/task/task_pace.ts bound leftMs <= 0": "only a millisecond",
  "src/streams/task/task_pace.ts bound leftMs > 0": "a wait of no time",
  "src/streams/task/task_session.ts order ends.set(topic, endOffset); observer.onEnd(topic, endOffset);":
    "neither looks at the other",
  "src/streams/task/task_session.ts order await retrying(() => this.#topology.source.prepare(readable), { policy":
    "neither looks at the other",
  "src/streams/task/task_session.ts drop await this.#cache.readAhead(() => keysOf(readable));":
    "only speed: the store is asked for each key",
  "src/streams/task/task_session.ts order this.pace?.reads(topic, { midRead: true }); this.#processor.writtenIn(":
    "neither looks at the other",
  "src/streams/task/task_session.ts order this.pace?.reads(topic, { midRead: false }); this.#processor.skipTo(to":
    "neither looks at the other",
  "src/streams/task/task_session.ts order this.#processor.handOver(); this.#cache.handOver();":
    "steps in the memory of two things, between which nothing looks at them",
  "src/streams/task/task_session.ts order this.#cache.handOver(); this.#stores.handOver();":
    "steps in the memory of two things, between which nothing looks at them",
  "src/streams/task/task_session.ts order this.#cache.settle(); this.#stores.settle();":
    "steps in the memory of two things, between which nothing looks at them",
  "src/streams/task/unable.ts order this.#timers.set(partition, timer); this.#clock.sleep(unableMs, timer.":
    "neither looks at the other",
  "src/streams/task/unable.ts order this.#timers.delete(partition); this.#onExpired();":
    "the group asks later what is here",
  "src/streams/task/task_session.ts fallback this.#processor.wholeFromMs ?? Infinity":
    "as long as it is not known no record was read, and there is no window",
  "src/streams/task/task_manager.ts order this.#unable.add(partition); this.#options.onUnable();":
    "the group asks later what is here",
  "src/streams/task/task_manager.ts order await this.#cleanup.pause(); await this.#apply(noTasks);":
    "nothing is opened, so that nothing is opened while it is deleted",
  "src/streams/app/streams_app.ts order watch.failed(error); all((l) => l.failed(input, error));":
    "neither looks at the other",
  "src/streams/processing/closing.ts order this.#cache.stamp(this.#owner, window, this.#context); this.#owner.lef":
    "steps in the memory of two things, between which nothing looks at them",
  "src/streams/processing/closing.ts order this.#owner.left.push({ length, window }); this.#absorb(length, window":
    "which of two rows of one commit comes first: each is of a window of its own",
  "src/streams/processing/closing.ts order addPart(this.#job, parts, part); this.#cache.changed(this.#owner, part":
    "steps in the memory of two things, between which nothing looks at them",
  "src/streams/processing/events_away.ts bound value.length <= (events.length > 1 ? togetherBytesMax : keptValueBytes":
    "a limit that was chosen: one more or one less is as good",
  "src/streams/processing/processor.ts order this.#side.handOver(); this.#rekeying.handOver();":
    "each forgets what it has itself",
  "src/streams/processing/processor.ts order this.#rekeying.handOver(); this.#emitting?.handOver();":
    "each forgets what it has itself",
  "src/streams/processing/processor.ts bound i < events.length":
    "behind the last event there is no key",
  "src/streams/processing/processor.ts bound timeMs > streamTimeMs":
    "only speed: the same time is set again, and closes nothing more",
  "src/streams/processing/processor.ts bound timeMs > streamTimeMs #2":
    "only speed: the same time is set again, and closes nothing more",
  'src/streams/processing/rekeying.ts fallback target?.topic ?? ""':
    "a job that sends nothing on writes no records",
  "src/streams/processing/rekeying.ts return return known;":
    "only speed, and bytes: a key's place is found again",
  "src/streams/processing/rekeying.ts negation this.#places.size >= keysMax":
    "only speed, and bytes: places are forgotten early",
  "src/streams/processing/rekeying.ts drop this.#places.clear();":
    "only memory: 16,384 places are of a few megabytes",
  "src/streams/processing/rekeying.ts drop this.#places.set(key, place);":
    "only speed, and bytes: a key's place is found again",
  "src/streams/processing/sessions.ts order this.#cache.remove(owner, session); this.#cache.stamp(owner, session, ":
    "steps in the memory of two things, between which nothing looks at them",
  "src/streams/processing/sessions.ts order this.#cache.stamp(owner, session, context); owner.left.push({ length: ":
    "steps in the memory of two things, between which nothing looks at them",
  "src/streams/processing/sharing.ts return return this.#send(record, events, place.partition, part);":
    "only speed: the same is sent as of a record with many events",
  'src/streams/processing/sharing.ts fallback key ?? ""':
    "an event without a key is a dead letter before its key counts",
  "src/streams/repartition_record.ts order this.#reserve(bytesMax); this.#varint(zigzag(timestampMs - this.#times":
    "what is reserved is an upper bound: the bytes before left room for one number",
  "src/streams/repartition_record.ts bound needed <= this.#bytes.length":
    "only memory: a buffer that is full is made larger one part earlier",
  "src/streams/repartition_record.ts bound bytes.length > shortBytes":
    "only speed: the same bytes are copied",
  "src/streams/repartition_record.ts bound i < bytes.length":
    "what stands behind the bytes is written over, or no part of the record",
  "src/streams/repartition_record.ts bound 2 * count > this.#bytes.length - this.#at":
    "where the events take all that is left, the value's length is missing",
  "src/streams/state/cached_key.ts boolean false #5":
    "a new window changes at once, by the event that it is made for",
  "src/streams/state/every_window.ts bound part.size < portionWindows":
    "a limit that was chosen: one more or one less is as good",
  "src/streams/state/every_window.ts bound this.#found.length >= limit + portionWindows":
    "only memory: what is left out of the result is forgotten a window later",
  "src/streams/state/every_window.ts drop this.#found.splice(0, portionWindows);":
    "only memory: the result is cut to the limit",
  "src/streams/state/kept_values.ts bound this.#bytes <= this.#part.bytesMax / 2":
    "a limit that was chosen: one more or one less is as good",
  "src/streams/state/key_row.ts bound value >= two28":
    "of this number both ways write the same bytes",
  "src/streams/state/key_row.ts bound this.at + bytes > this.#bytes.length":
    "only memory: a buffer that is full is made larger one part earlier",
  "src/streams/state/key_row.ts bound end - begin > shortBytes":
    "only speed: the same bytes are copied",
  "src/streams/state/key_row.ts bound i < end":
    "a byte behind the content, which is written over or no part of the row",
  "src/streams/state/key_row.ts bound this.#at >= this.#end":
    "what is read next is refused, as it would lie behind the end",
  "src/streams/state/key_values.ts return return;":
    "only memory: what is scheduled twice is taken out once, and skipped then",
  "src/streams/state/key_values.ts order this.#set(id, scheduled); this.#timers.add(new Due(processor, key, tim":
    "steps in the memory of two things, between which nothing looks at them",
  'src/streams/state/lineage.ts fallback repartition ?? ""':
    "a job that sends nothing on has no id to compare",
  "src/streams/state/packed_rows.ts bound size <= steps + spareSteps":
    "a limit that was chosen: one more or one less is as good",
  "src/streams/state/store_keys.ts bound i < key.length":
    "what stands behind the bytes is no part of them",
  "src/streams/state/store_keys.ts bound i < text.length":
    "a terminator more, which the next bytes are written over",
  "src/streams/state/store_keys.ts bound i < text.length #2": "behind the text there is no zero",
  "src/streams/state/store_keys.ts order bytes.set(name, 1); bytes.set(text, 2 + name.length);":
    "places that do not overlap",
  "src/streams/state/store_keys.ts order putTime(bytes, bytes.length - 2 * timeBytes, sizeMs); putTime(bytes, b":
    "places that do not overlap",
  "src/streams/state/store_keys.ts order putUint32(bytes, at, Math.floor(timeMs / two32)); putUint32(bytes, at ":
    "places that do not overlap",
  "src/streams/state/stored_windows.ts sign --left":
    "only speed: more is read, and the result cut to the limit",
  "src/streams/state/stored_windows.ts return return openOf(job, store, owner, fromMs);":
    "only speed: one row needs no view",
  "src/streams/state/sweep.ts drop cache.forget(key);":
    "only memory: a key that has expired counts as absent in the cache as well",
  "src/streams/state/sweep.ts order cache.forget(key); entries.push({ key: row.key, value: null });":
    "steps in the memory of two things, between which nothing looks at them",
  "src/streams/state/sweep.ts bound toMs <= state.streamTimeMs - retentionMs":
    "only speed: a range without rows is read",
  "src/streams/state/timers.ts bound a.timeMs < b.timeMs": "they differ",
  "src/streams/state/timers.ts bound a.key < b.key":
    "calls that are the same may stand in any order",
  "src/streams/state/write_cache.ts return return this.#latest;": "only speed",
  "src/streams/state/write_cache.ts negation !owner.dirty":
    "only speed: of a new key, ranges without rows are looked through",
  "src/streams/state/write_cache.ts drop owner.state.purgedToMs.fill(fromMs);":
    "only speed: of a new key, ranges without rows are looked through",
  "src/streams/task/restore.ts order writing.catch(() => {}); // thrown below await before;":
    "a batch fails no earlier than the one before it",
  "src/streams/topology/waiting_values.ts bound more > 0": "only speed",
  "src/streams/topology/waiting_values.ts bound over.length > 0": "only what is written once more",
  "src/streams/topology/waiting_values.ts bound parts.length > 0": "only what is written once more",
  "src/streams/topology/waiting_values.ts order this.#store.put({ ...first, more }, startMs); this.#store.put({ values":
    "both are in one commit",
  "src/streams/state/write_cache.ts bound windows.length < inlineMax": "only memory",
  "src/streams/state/write_cache.ts negation windows.length < inlineMax": "only memory",
  "src/streams/state/write_cache.ts bound this.#packedBytes >= this.#packedMax":
    "a limit that was chosen: one more or one less is as good",
  "src/streams/state/write_cache.ts bound this.#inUseBytes >= this.#part.bytesMax * decodedPart":
    "a limit that was chosen: one more or one less is as good",
  "src/streams/state/write_cache.ts bound this.#packed.freeBytes > this.#packedMax + freeBytesMin":
    "a limit that was chosen: one more or one less is as good",
  "src/streams/state/write_cache.ts bound this.#packedBytes < this.#packedMax":
    "a limit that was chosen: one more or one less is as good",
  "src/streams/state/write_cache.ts bound known.place >= 0":
    "only memory: the place of the first row alone",
  "src/streams/truncated.ts bound position > endOffset":
    "a position at the end is not outside the log",
  "src/streams/topology/table_changes.ts boolean false #3": "a table's records are never sent on",
};

import type { CommitLog, PartitionReader, RecordLog, Sink, StateStore } from "../ports.ts";
import type { StateStores } from "../ports.ts";
import type { TopicPartition } from "../record.ts";
import type { MemoryLog } from "./memory_log.ts";

/**
 * The moments at which an instance of an application meets the world, where a test may delay it,
 * make it fail or kill it. Those in the past tense come after the effect, the others before it.
 */
export type Operation =
  | "fetch"
  | "bounds"
  | "fence"
  | "fenced"
  | "committed-offset"
  | "records-sent"
  | "offsets-sent"
  | "before-end"
  | "after-end"
  | "sink-write"
  | "sink-written"
  | "store-open"
  | "store-apply"
  | "store-applied";

/**
 * Called at each operation, which continues when it resolves; what it throws is what the engine
 * sees. One that never resolves is a process that died there.
 */
export type Gate = (operation: Operation, place?: TopicPartition) => Promise<void>;

/** The log as one instance reaches it. */
export function gatedLog(log: RecordLog, gate: Gate): RecordLog {
  return {
    describe: (topic) => log.describe(topic),
    async bounds(place) {
      await gate("bounds", place);
      return await log.bounds(place);
    },
    open: (place, from) => gatedReader(log.open(place, from), place, gate),
  };
}

function gatedReader(reader: PartitionReader, place: TopicPartition, gate: Gate): PartitionReader {
  return {
    async next(signal) {
      await gate("fetch", place);
      return await reader.next(signal);
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

/** The transactions as one instance reaches them. */
export function gatedCommitLog(log: MemoryLog, application: string, gate: Gate): CommitLog {
  const commitLog = log.commitLogOf(application, gate);
  return {
    async fence(input, outputs) {
      await gate("fence", input);
      const writer = await commitLog.fence(input, outputs);
      await gate("fenced", input);
      return writer;
    },
    async committed(input) {
      await gate("committed-offset", input);
      return await commitLog.committed(input);
    },
    positions: () => commitLog.positions(),
  };
}

/** The sink as one instance reaches it. */
export function gatedSink<R>(sink: Sink<R>, gate: Gate): Sink<R> {
  return {
    async write(rows) {
      await gate("sink-write");
      await sink.write(rows);
      await gate("sink-written");
    },
  };
}

/**
 * The local stores of one instance.
 *
 * @param scanned Told of every entry that a scan yields.
 */
export function gatedStores(
  stores: StateStores,
  gate: Gate,
  scanned: () => void = () => {},
): StateStores {
  return {
    async open(input, changelogId) {
      await gate("store-open", input);
      return gatedStore(await stores.open(input, changelogId), input, { gate, scanned });
    },
    destroy: (input) => stores.destroy(input),
    partitions: (topic) => stores.partitions(topic),
  };
}

function gatedStore(
  store: StateStore,
  input: TopicPartition,
  { gate, scanned }: { readonly gate: Gate; readonly scanned: () => void },
): StateStore {
  let applying = Promise.resolve();
  return {
    get checkpoint() {
      return store.checkpoint;
    },
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    view: () => store.view(),
    async *scan(range) {
      for await (const rows of store.scan(range)) {
        for (const _row of rows) scanned();
        yield rows;
      }
    },
    apply(entries, checkpoint) {
      const before = applying;
      applying = (async () => {
        await before;
        await gate("store-apply", input);
        await store.apply(entries, checkpoint);
        await gate("store-applied", input);
      })();
      return applying;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

import type { Sink, StateStore, StateStores } from "../../src/streams/ports.ts";
import { apiKeys, type KafkaProxy } from "./kafka_proxy.ts";

/** The requests of a commit's transaction. */
type RequestName =
  | "add-partitions"
  | "produce"
  | "add-offsets"
  | "commit-offset"
  | "end-transaction";

/** In their order. */
const requests: ReadonlyMap<number, RequestName> = new Map([
  [apiKeys.addPartitions, "add-partitions"],
  [apiKeys.produce, "produce"],
  [apiKeys.addOffsets, "add-offsets"],
  [apiKeys.commitOffset, "commit-offset"],
  [apiKeys.endTransaction, "end-transaction"],
]);

/**
 * A moment of a commit. A request that is `asked` never arrives; one that is `answered` was
 * executed, but its sender does not hear of it. `inside-apply` is while the store writes.
 */
export type CrashStep =
  | "before-sink"
  | "after-sink"
  | `${RequestName}-asked`
  | `${RequestName}-answered`
  | "before-apply"
  | "inside-apply"
  | "after-apply";

/** Every moment of a commit, in its order. */
export const crashSteps: readonly CrashStep[] = [
  "before-sink",
  "after-sink",
  ...[...requests.values()].flatMap((name): CrashStep[] => [`${name}-asked`, `${name}-answered`]),
  "before-apply",
  "inside-apply",
  "after-apply",
];

/** Where a process ends without warning. */
export interface CrashPoint {
  readonly step: CrashStep;
  /** Which passing of that moment, from 1 on. */
  readonly pass: number;
}

/** True for a moment that there is without Transactions V2 only. */
export function isOfExplicit({ step }: CrashPoint): boolean {
  return step.startsWith("add-");
}

/** Ends this very process, as `kill -9` does, when it passes a moment of a commit. */
export class CrashSwitch {
  readonly #point: CrashPoint | undefined;
  #passes = 0;

  constructor(point: CrashPoint | undefined) {
    this.#point = point;
  }

  pass(step: CrashStep): void {
    if (step !== this.#point?.step || ++this.#passes < this.#point.pass) return;
    Deno.kill(Deno.pid, "SIGKILL");
  }

  /** Watches the requests that go through a proxy. */
  watch(proxy: KafkaProxy): void {
    const passRequest = (apiKey: number, moment: "asked" | "answered") => {
      const name = requests.get(apiKey);
      if (name !== undefined) this.pass(`${name}-${moment}`);
    };
    proxy.verdict = (apiKey) => {
      passRequest(apiKey, "asked");
      return "pass";
    };
    proxy.answered = (apiKey) => passRequest(apiKey, "answered");
  }

  /** A sink that is watched. */
  sink<Row>(sink: Sink<Row>): Sink<Row> {
    return {
      write: async (rows) => {
        this.pass("before-sink");
        await sink.write(rows);
        this.pass("after-sink");
      },
    };
  }

  /** Stores that are watched. */
  stores(stores: StateStores): StateStores {
    return {
      open: async (input, id) => this.#watched(await stores.open(input, id)),
      destroy: (input) => stores.destroy(input),
      partitions: (topic) => stores.partitions(topic),
    };
  }

  #watched(store: StateStore): StateStore {
    return {
      get checkpoint() {
        return store.checkpoint;
      },
      get: (key) => store.get(key),
      getMany: (keys) => store.getMany(keys),
      view: () => store.view(),
      scan: (range) => store.scan(range),
      apply: async (entries, checkpoint) => {
        this.pass("before-apply");
        const writing = store.apply(entries, checkpoint);
        this.pass("inside-apply");
        await writing;
        this.pass("after-apply");
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
  }
}

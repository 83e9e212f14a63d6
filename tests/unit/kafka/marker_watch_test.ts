/** When a writer gives markers that Kafka has lost after a commit. */
import assert from "node:assert/strict";
import type { Clock } from "../../../src/base/clock.ts";
import { seededRandom } from "../../../src/base/random.ts";
import type { Cluster } from "../../../src/kafka/cluster/cluster.ts";
import type { Deadline } from "../../../src/kafka/cluster/retry.ts";
import { ProtocolFault } from "../../../src/kafka/wire/errors.ts";
import { MarkerWatch } from "../../../src/kafka/write/marker_watch.ts";
import { settle } from "../../../src/streams/testing/simulated_clock.ts";
import type { TransactionClient } from "../../../src/kafka/write/transaction_protocol.ts";

const input = { topic: "in", partition: 0 };
const outputs = {
  changelog: { topic: "changelog", partition: 0 },
  topics: ["out"],
  changelogPositionIn: Number,
};
const identity = { producerId: 7, producerEpoch: 3 };

/** Where our producer's transactions are open at a look, by topic; or the look fails. */
type Shown = Readonly<Record<string, number>> | "fails";

/** A watch whose looks come when the test says so. */
class Watched {
  readonly given: string[] = [];
  looks = 0;
  #shown: Shown = {};
  #wake = () => {};
  /** Nothing is given before this. */
  held: Promise<void> = Promise.resolve();
  /** Of what is given now, or was last. */
  deadline: Deadline | undefined;
  readonly #repeats: boolean;
  readonly watch: MarkerWatch;

  constructor({ repeats = false } = {}) {
    this.#repeats = repeats;
    const clock: Clock = {
      nowMs: () => 0,
      monotonicMs: () => 0,
      sleep: (ms) => ms < 1_000 ? Promise.resolve() : new Promise((wake) => this.#wake = wake),
    };
    this.watch = new MarkerWatch({
      search: { cluster: this.#cluster(), client: this.#client(), groupId: "app", input, outputs },
      timing: { clock, random: seededRandom(1) },
      everyMs: 5_000,
      timeoutMs: 1_000,
      identity: () => identity,
      onGiven: () => void this.given.push("all"),
    });
  }

  async look(shown: Shown): Promise<void> {
    this.#shown = shown;
    this.#wake();
    this.#wake = () => {};
    await settle();
  }

  #cluster(): Cluster {
    return {
      topic: () => Promise.resolve([{ partition: 0 }]),
      leader: () => Promise.resolve(1),
      forgetTopic() {},
      send: () => {
        this.looks++;
        const shown = this.#shown;
        if (shown === "fails") throw new ProtocolFault(29, "DescribeProducers");
        return Promise.resolve(
          Object.entries(shown).map(([topic, openFrom]) => (
            { topic, partition: 0, producerId: identity.producerId, openFrom }
          )),
        );
      },
    } as unknown as Cluster;
  }

  #client(): TransactionClient {
    const close: TransactionClient["close"] = async (_identity, { partitions, end }, deadline) => {
      this.deadline = deadline;
      await this.held;
      let tries = this.#repeats ? 2 : 1;
      await deadline.retry(async () => {
        if (--tries === 0) return;
        await Promise.reject(
          Object.assign(new Error("cut"), { name: "KafkaJSConnectionClosedError" }),
        );
      });
      this.given.push(`${end} ${partitions.map(({ topic }) => topic).join(" ")}`);
    };
    return { close } as unknown as TransactionClient;
  }
}

Deno.test.each<{
  readonly what: string;
  readonly looks: readonly Shown[];
  readonly given: readonly string[];
}>([
  { what: "nothing where all markers are there", looks: [{}], given: [] },
  { what: "nothing after one look: markers take time", looks: [{ out: 5 }, {}], given: [] },
  {
    what: "what is open at two looks",
    looks: [{ out: 5 }, { out: 5 }],
    given: ["commit out", "all"],
  },
  {
    what: "nothing to a transaction that has begun since",
    looks: [{ out: 5 }, { out: 9 }, {}],
    given: [],
  },
  {
    what: "only where it is the same one",
    looks: [{ out: 5, changelog: 1 }, { out: 5, changelog: 2 }],
    given: ["commit out", "all"],
  },
  {
    what: "it though a look has failed in between",
    looks: [{ out: 5 }, "fails", { out: 5 }],
    given: ["commit out", "all"],
  },
])("MarkerWatch gives $what", async ({ looks, given }) => {
  const watched = new Watched();
  watched.watch.committed();
  for (const shown of looks) await watched.look(shown);
  assert.deepEqual(watched.given, given);
  assert.equal(watched.looks, looks.length);
});

Deno.test("MarkerWatch gives nothing from the beginning of a commit to its good end", async () => {
  const watched = new Watched();
  watched.watch.committed();
  await watched.look({ out: 5 });
  await watched.watch.hold();
  await watched.look({ out: 5 });
  assert.deepEqual(watched.given, []);
  watched.watch.committed();
  await watched.look({ out: 5 });
  assert.deepEqual(watched.given, ["commit out", "all"]);
});

Deno.test("MarkerWatch looks no more once it has found nothing open, until the next commit", async () => {
  const watched = new Watched();
  watched.watch.committed();
  await watched.look({});
  await watched.look({});
  assert.equal(watched.looks, 1);
  watched.watch.committed();
  await watched.look({});
  assert.equal(watched.looks, 2);
});

Deno.test("MarkerWatch looks no more once it is disposed of", async () => {
  const watched = new Watched();
  watched.watch.committed();
  await watched.watch[Symbol.asyncDispose]();
  await watched.look({ out: 5 });
  assert.equal(watched.looks, 0);
});

Deno.test("MarkerWatch is held, and ends, with what it was giving; no look gives the same meanwhile", async () => {
  for (const end of ["hold", "dispose"] as const) {
    const watched = new Watched();
    const held = Promise.withResolvers<void>();
    watched.held = held.promise;
    watched.watch.committed();
    for (let looks = 0; looks < 3; looks++) await watched.look({ out: 5 });
    assert.equal(watched.looks, 2);
    let ended = false;
    const ending = (end === "hold" ? watched.watch.hold() : watched.watch[Symbol.asyncDispose]())
      .then(() => ended = true);
    await settle();
    assert.deepEqual([ended, watched.deadline?.passed], [false, end === "dispose"]);
    held.resolve();
    await ending;
    assert.deepEqual(watched.given, ["commit out", "all"]);
  }
});

Deno.test("MarkerWatch gives nothing that a look has found while it was disposed of", async () => {
  const watched = new Watched();
  watched.watch.committed();
  await watched.look({ out: 5 });
  const looking = watched.look({ out: 5 });
  while (watched.looks < 2) await Promise.resolve();
  await watched.watch[Symbol.asyncDispose]();
  await looking;
  assert.deepEqual([watched.looks, watched.given], [2, []]);
});

Deno.test("MarkerWatch gives again what it could not give", async () => {
  const watched = new Watched();
  watched.held = Promise.reject(new Error("cut"));
  watched.held.catch(() => {});
  watched.watch.committed();
  for (let looks = 0; looks < 2; looks++) await watched.look({ out: 5 });
  assert.deepEqual(watched.given, []);
  watched.held = Promise.resolve();
  await watched.look({ out: 5 });
  assert.deepEqual(watched.given, ["commit out", "all"]);
});

Deno.test("MarkerWatch is spent once a request of its was repeated", async () => {
  for (const repeats of [false, true]) {
    const watched = new Watched({ repeats });
    watched.watch.committed();
    await watched.look({ out: 5 });
    await watched.look({ out: 5 });
    assert.deepEqual(watched.given, ["commit out", "all"]);
    assert.equal(watched.watch.spent, repeats);
  }
});

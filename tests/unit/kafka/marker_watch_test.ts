/** When a writer gives markers that Kafka has lost after a commit. */
import assert from "node:assert/strict";
import type { Clock } from "../../../src/base/clock.ts";
import { seededRandom } from "../../../src/base/random.ts";
import type { Cluster } from "../../../src/kafka/cluster/cluster.ts";
import { ProtocolFault } from "../../../src/kafka/wire/errors.ts";
import { MarkerWatch } from "../../../src/kafka/write/marker_watch.ts";
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
  #repeats = false;
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
      onGiven: () => {},
    });
  }

  async look(shown: Shown): Promise<void> {
    this.#shown = shown;
    this.#wake();
    this.#wake = () => {};
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
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
  { what: "what is open at two looks", looks: [{ out: 5 }, { out: 5 }], given: ["commit out"] },
  {
    what: "nothing to a transaction that has begun since",
    looks: [{ out: 5 }, { out: 9 }, {}],
    given: [],
  },
  {
    what: "only where it is the same one",
    looks: [{ out: 5, changelog: 1 }, { out: 5, changelog: 2 }],
    given: ["commit out"],
  },
  {
    what: "it though a look has failed in between",
    looks: [{ out: 5 }, "fails", { out: 5 }],
    given: ["commit out"],
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
  assert.deepEqual(watched.given, ["commit out"]);
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

Deno.test("MarkerWatch is spent once a request of its was repeated", async () => {
  for (const repeats of [false, true]) {
    const watched = new Watched({ repeats });
    watched.watch.committed();
    await watched.look({ out: 5 });
    await watched.look({ out: 5 });
    assert.deepEqual(watched.given, ["commit out"]);
    assert.equal(watched.watch.spent, repeats);
  }
});

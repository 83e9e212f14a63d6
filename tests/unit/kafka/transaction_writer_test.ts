/** After which commits a writer must be replaced, by the answers that it gets. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { seededRandom } from "../../../src/base/random.ts";
import { Cluster } from "../../../src/kafka/cluster/cluster.ts";
import { Deadline } from "../../../src/kafka/cluster/retry.ts";
import { ProtocolFault } from "../../../src/kafka/wire/errors.ts";
import type { Broker } from "../../../src/kafka/wire/internals.ts";
import type { ActiveProducer } from "../../../src/kafka/write/producers_protocol.ts";
import { TransactionClient } from "../../../src/kafka/write/transaction_protocol.ts";
import { TransactionWriter } from "../../../src/kafka/write/transaction_writer.ts";

const input = { topic: "b", partition: 0 };
/** Pauses that were made, ms. */
const slept: number[] = [];
/** Time stands still, and no pause takes any. */
const timing = {
  clock: {
    nowMs: () => 0,
    monotonicMs: () => 0,
    sleep: (ms: number) => Promise.resolve(void slept.push(ms)),
  },
  random: seededRandom(1),
};

/** Names and plain answers by a request's number: no error, and for one partition. */
const requests: Readonly<Record<number, { readonly name: string; readonly answer: string }>> = {
  22: { name: "InitProducerId", answer: "00000000" + "0000" + "0000000000000007" + "0000" },
  25: { name: "AddOffsetsToTxn", answer: "00000000" + "0000" },
  26: { name: "EndTxn", answer: "00000000" + "0000" },
  28: {
    name: "TxnOffsetCommit",
    answer: "00000000" + "02" + "0262" + "02" + "00000000" + "0000" + "00" + "00",
  },
};

interface SentRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly encode: () => Promise<{ readonly buffer: Buffer }>;
}

/** A coordinator that executes every request, and loses the answers that a test names. */
class Coordinator {
  readonly asked: string[] = [];
  readonly #v2: boolean;
  #epoch = 0;
  loses: string | undefined;
  refuses: string | undefined;

  constructor({ v2 }: { readonly v2: boolean }) {
    this.#v2 = v2;
  }

  get broker(): Broker {
    const versions = Object.fromEntries(
      Object.keys(requests).map((key) => [key, { minVersion: 0, maxVersion: 9 }]),
    );
    return {
      versions,
      features: new Map([["transaction.version", this.#v2 ? 2 : 1]]),
      connect: () => Promise.resolve(),
      isConnected: () => true,
      findGroupCoordinator: () =>
        Promise.resolve({ coordinator: { nodeId: 1, host: "kafka", port: 1 } }),
      connectionPool: { host: "kafka", port: 1, pool: [], send: this.#send.bind(this) },
    } as unknown as Broker;
  }

  async #send(
    { request, response }: {
      readonly request: SentRequest;
      readonly response: { decode(payload: Buffer): Promise<object> };
    },
  ): Promise<object> {
    const { name = "", answer = "" } = requests[request.apiKey] ?? {};
    const epoch = (await request.encode()).buffer.readInt16BE(name === "EndTxn" ? 11 : 0);
    this.asked.push(name === "EndTxn" ? `${name} ${epoch}` : name);
    if (name === "EndTxn" && epoch === this.#epoch) this.#epoch += 1;
    if (this.loses === name) {
      this.loses = undefined;
      throw Object.assign(new Error("cut"), { name: "KafkaJSConnectionClosedError" });
    }
    if (this.refuses === name) throw new ProtocolFault(29, name);
    const next = name === "EndTxn" && this.#v2
      ? "0000000000000007" + this.#epoch.toString(16).padStart(4, "0")
      : "";
    return await response.decode(Buffer.from(`00${answer}${next}00`, "hex"));
  }
}

interface Opened {
  readonly coordinator: Coordinator;
  readonly writer: TransactionWriter;
}

/** Markers that Kafka may have lost. */
interface Markers {
  /** What a look for them finds. */
  readonly look: () => readonly ActiveProducer[];
  /** Done when they are given. */
  readonly given?: Promise<void>;
}

/** @param markers Without them none are looked for. */
async function open(
  { v2, markers }: { readonly v2: boolean; readonly markers?: Markers },
): Promise<Opened> {
  const coordinator = new Coordinator({ v2 });
  const cluster = new Cluster(["kafka:1"], () => coordinator.broker);
  const client = new TransactionClient(cluster, "t", "a");
  const identity = await client.init(1_000, new Deadline(timing, 10_000));
  const outputs = { changelog: input, topics: ["late"], changelogPositionIn: Number };
  const search = markers && {
    cluster: {
      topic: () => Promise.resolve([]),
      leader: () => Promise.resolve(1),
      send: () => Promise.resolve(markers.look()),
    } as unknown as Cluster,
    client: { close: () => markers.given } as unknown as TransactionClient,
    ...{ groupId: "a", input, outputs },
  };
  const writer = new TransactionWriter({
    search,
    cluster,
    client,
    identity,
    transactionalId: "t",
    input,
    timing,
    options: {
      batchBytesMax: 1,
      requestBytesMax: 1,
      replicationTimeoutMs: 1,
      compression: "none",
      commitTimeoutMs: 10_000,
      transactionTimeoutMs: 60_000,
    },
    endOf: () => Promise.resolve(0),
  });
  return { coordinator, writer };
}

/** Lets everything happen that needs no time. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

async function commit(writer: TransactionWriter): Promise<void> {
  const changelog = { topic: "c", partition: 0 };
  await writer.commit({ records: [], changelog, input, inputOffset: 1, metadata: String });
}

Deno.test("TransactionWriter stays in its epoch while each request is answered", async () => {
  const { coordinator, writer } = await open({ v2: false });
  await commit(writer);
  await commit(writer);
  assert.ok(!writer.spent);
  const each = ["AddOffsetsToTxn", "TxnOffsetCommit", "EndTxn 0"];
  assert.deepEqual(coordinator.asked, ["InitProducerId", ...each, ...each]);
});

Deno.test("TransactionWriter looks for lost markers once it has committed", async () => {
  let looks = 0;
  const look = () => {
    looks++;
    return [];
  };
  const { writer } = await open({ v2: false, markers: { look } });
  slept.length = 0;
  for (const expected of [1, 2]) {
    await commit(writer);
    await turn();
    assert.equal(looks, expected);
  }
  assert.deepEqual(slept, [5_000, 5_000]);
  await writer[Symbol.asyncDispose]();
});

Deno.test("TransactionWriter neither commits nor ends while lost markers are being given", async () => {
  for (const next of ["commit", "end"] as const) {
    const given = Promise.withResolvers<void>();
    const lost = { topic: "b", partition: 0, producerId: 7, openFrom: 5 };
    const markers = { look: () => [lost], given: given.promise };
    const { coordinator, writer } = await open({ v2: false, markers });
    await commit(writer);
    await turn();
    const asked = [...coordinator.asked];
    let isDone = false;
    const doing = next === "commit" ? commit(writer) : writer[Symbol.asyncDispose]();
    const done = doing.then(() => isDone = true);
    await turn();
    assert.deepEqual([isDone, coordinator.asked], [false, asked]);
    given.resolve();
    await done;
    await writer[Symbol.asyncDispose]();
  }
});

Deno.test.each(["AddOffsetsToTxn", "TxnOffsetCommit", "EndTxn"])(
  "TransactionWriter is spent once %s was repeated",
  async (request) => {
    const { coordinator, writer } = await open({ v2: false });
    coordinator.loses = request;
    await commit(writer);
    assert.ok(writer.spent);
  },
);

Deno.test("TransactionWriter knows that a commit was refused which it asked for once", async () => {
  const { coordinator, writer } = await open({ v2: true });
  coordinator.refuses = "EndTxn";
  await assert.rejects(commit(writer), { code: "CONFIG_INVALID" });
});

// Before Kafka 3.6 a late request of the same epoch opened an aborted transaction again, without end.
Deno.test("TransactionWriter leaves what failed to the next fence, and aborts nothing", async () => {
  for (const v2 of [false, true]) {
    const { coordinator, writer } = await open({ v2 });
    coordinator.refuses = "TxnOffsetCommit";
    await assert.rejects(commit(writer), { code: "CONFIG_INVALID" });
    await writer[Symbol.asyncDispose]();
    assert.ok(writer.spent);
    assert.deepEqual(coordinator.asked.filter((name) => name.startsWith("EndTxn")), []);
  }
});

Deno.test("TransactionWriter takes the epoch that an end in Transactions V2 brings", async () => {
  const { coordinator, writer } = await open({ v2: true });
  coordinator.loses = "EndTxn";
  await commit(writer);
  assert.ok(!writer.spent);
  await commit(writer);
  assert.deepEqual(coordinator.asked, [
    "InitProducerId",
    ...["TxnOffsetCommit", "EndTxn 0", "EndTxn 0"],
    ...["TxnOffsetCommit", "EndTxn 1"],
  ]);
});

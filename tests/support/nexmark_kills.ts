/** A Nexmark query over Kafka whose process is killed again and again while events come in. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  answers,
  differences,
  eventsOf,
  type IsLate,
  type QueryRecord,
  saidBy,
} from "../../docs/examples/nexmark/answers.ts";
import { type NexmarkEvent, nexmarkEvents } from "../../docs/examples/nexmark/events.ts";
import * as queries from "../../docs/examples/nexmark/queries.ts";
import { systemClock } from "../../src/base/clock.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import {
  type AnyJob,
  decodeText,
  encodeText,
  jobTopics,
  type LogRecord,
  type OutputRecord,
  type RecordAppender,
} from "../../src/streams/mod.ts";
import { partitionForKey } from "../../src/streams/partitioner.ts";
import { readAll } from "../contract/log_harness.ts";
import { connectTestKafka, kafkaBrokers } from "./kafka_harness.ts";
import { say } from "./say.ts";
import { until } from "./until.ts";

const program = fileURLToPath(new URL("../fault/fixtures/nexmark_program.ts", import.meta.url));
const partitions = 2;
const inputs = ["people", "auctions", "bids"];
/** Events that come in together, every so often: so few a second that no two have the same time. */
const [portion, pauseMs, perSecond] = [40, 100, 100];
const eventsPerKill = 20 * portion;
const msMax = 120_000;

/** How a query is killed. */
export interface Kills {
  readonly query: string;
  readonly kills: number;
  /** Of events, places and moments. */
  readonly seed: number;
}

/** Queries that read what another one writes. */
const befores: Readonly<Record<string, AnyJob>> = {
  // An auction that came before its bids would end before them, and bids before it are for none.
  q4: { ...queries.winningBids, maxIdleMs: 20_000 } as AnyJob,
  q5: queries.heats as AnyJob,
};

/** The queries that there are. */
export const nexmarkQueries: readonly string[] = Object.keys(queries)
  .filter((name) => name.startsWith("q"));

/** A query, behind the one whose results it reads. */
export function nexmarkJobs(query: string): readonly AnyJob[] {
  const job = Object.entries(queries).find(([name]) => name === query)?.[1] as AnyJob;
  return [...befores[query] === undefined ? [] : [befores[query]], job];
}

/**
 * Runs a query as a process that is killed at random moments, its state sometimes deleted, while
 * events come in; then compares what is committed with the answer, in which an event counts unless
 * the late topic has it.
 */
export async function killQuery({ query, kills, seed }: Kills): Promise<void> {
  const random = seededRandom(seed);
  const folder = await Deno.makeTempDir({ prefix: "nexmark-" });
  await using kafka = connectTestKafka();
  await makeTopics(kafka, nexmarkJobs(query));
  const events = [...nexmarkEvents({
    ...{ count: kills * eventsPerKill, startMs: Date.now() - 600_000, perSecond },
    next: () => random.next(),
  })];
  const places = seededRandom(seed + 1);
  await using appender = kafka.appender();
  for (let kill = 0; kill < kills; kill++) {
    const some = events.slice(kill * eventsPerKill, (kill + 1) * eventsPerKill);
    const writing = write(appender, some, (event) => partitionOf(query, event, places));
    await using life = new Life(query, `${folder}/state`);
    if (kill % 2 === 0) await life.committed();
    await systemClock.sleep((kill % 2 === 0 ? 500 : 2_500) * random.next());
    await life.kill();
    if (random.next() < 0.2) await rm(`${folder}/state`, { recursive: true, force: true });
    await writing;
  }
  {
    await using _last = new Life(query, `${folder}/state`);
    if (query === "q4") await appender.append(lastBids(events));
    await isAnswered(kafka, query, events);
  }
  await Deno.remove(folder, { recursive: true });
}

/** A process from its start to its kill. Owner: the test; disposing kills it. */
class Life implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<Uint8Array>;

  constructor(query: string, stateDir: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-A", "--no-check", program, query, stateDir, ...kafkaBrokers()],
      env: { NODE_OPTIONS: "--no-warnings" },
      ...{ stdin: "null", stdout: "piped", stderr: "inherit" },
    }).spawn();
    this.#lines = this.#child.stdout.getReader();
  }

  /** Waits for a commit. */
  async committed(): Promise<void> {
    const { done } = await this.#lines.read();
    assert(!done, "the query ended by itself");
  }

  async kill(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended, which the next line finds.
    }
    const { signal, code } = await this.#child.status;
    await this.#lines.cancel();
    assert.equal(signal, "SIGKILL", `the query ended by itself: ${code}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if ((await Promise.race([this.#child.status, undefined]))?.signal !== "SIGKILL") {
      await this.kill();
    }
  }
}

/** Empty ones, whatever an earlier run has left. */
async function makeTopics(kafka: KafkaConnection, jobs: readonly AnyJob[]): Promise<void> {
  const names = new Set(jobs.flatMap((job) => jobTopics(job.name, job).map(({ name }) => name)));
  for (const topic of new Set([...names, ...inputs])) {
    if (await kafka.topicShape(topic) !== undefined) await kafka.deleteTopic(topic);
  }
  const own = { partitions, replicationFactor: 1, config: {} };
  await kafka.ensureTopics(inputs.map((name) => ({ name, ...own })));
}

/** Writes events as they come, portion by portion; auctions before bids for them. */
async function write(
  appender: RecordAppender,
  events: readonly NexmarkEvent[],
  partitionOf: (event: NexmarkEvent) => number,
): Promise<void> {
  for (let from = 0; from < events.length; from += portion) {
    const some = events.slice(from, from + portion);
    for (const topic of inputs) {
      const records = some.filter((event) => event.topic === topic)
        .map((event) => recordOf(event, partitionOf(event)));
      if (records.length > 0) await appender.append(records);
    }
    await systemClock.sleep(pauseMs);
  }
}

/** Keys of queries whose answer depends on the order: a late bid finds a session closed, or none. */
const orderedBy: Readonly<Record<string, (event: NexmarkEvent) => number>> = {
  q4: ({ topic, value }) => topic === "bids" ? value.auction : value.id,
  q11: ({ topic, value }) => topic === "bids" ? value.bidder : value.id,
};

/** Anywhere, so that events are re-keyed, or where the key is. */
function partitionOf(query: string, event: NexmarkEvent, random: Random): number {
  const keyOf = orderedBy[query];
  if (keyOf === undefined) return Math.floor(random.next() * partitions);
  return partitionForKey(encodeText(String(keyOf(event))), partitions);
}

/**
 * A bid for no auction in each partition, at the time of the last event: an auction ends with the
 * time of its partition, whose own last event may be earlier.
 */
function lastBids(events: readonly NexmarkEvent[]): OutputRecord[] {
  const atMs = Math.max(...events.map(({ value }) => value.atMs));
  return Array.from({ length: partitions }, (_, partition) => {
    let auction = 0;
    while (partitionForKey(encodeText(String(auction)), partitions) !== partition) auction++;
    return recordOf({ topic: "bids", value: { auction, bidder: 0, price: 0, atMs } }, partition);
  });
}

function recordOf({ topic, value }: NexmarkEvent, partition: number): OutputRecord {
  const bytes = encodeText(JSON.stringify(value));
  return { topic, partition, key: null, timestampMs: value.atMs, value: bytes };
}

/** Waits until what is committed is the answer. */
async function isAnswered(
  kafka: KafkaConnection,
  query: string,
  all: readonly NexmarkEvent[],
): Promise<void> {
  const answering = answers[query];
  assert(answering !== undefined, `${query} has an answer`);
  const jobs = nexmarkJobs(query);
  const events = eventsOf(all);
  let different: string[] = [];
  let counts = "";
  const look = async () => {
    const late = await lateOf(kafka, jobs);
    const answer = answering(events, late.isLate);
    const said = saidBy(query, await recordsOf(kafka, query));
    different = differences(said, answer);
    const { values, maybe = [] } = answer;
    const found = `${said.length - values.length} of ${maybe.length} of late events`;
    counts = `${query}: ${values.length} values, ${maybe.length > 0 ? `${found}, ` : ""}` +
      `${late.count} late of ${all.length} events`;
    return different.length === 0;
  };
  const what = () => `${counts}; ${different.length} differ: ${different.slice(0, 5).join("; ")}`;
  await until(look, { what, msMax, lookMs: 1_000 });
  say(counts);
  for (const { topic, grows } of growing[query] ?? []) {
    checkGrowth(topic, await recordsOf(kafka, topic), grows);
  }
}

type Grows = (before: unknown, after: unknown) => boolean;

const isMore: Grows = (before, after) => Number(before) < Number(after);

/** Topics whose changes of a key have an order: each comes once. */
const growing: Readonly<
  Record<string, readonly { readonly topic: string; readonly grows: Grows }[]>
> = {
  q5: [{ topic: "heats", grows: (before, after) => isMore(bidsOf(before), bidsOf(after)) }],
  q7: [{ topic: "q7", grows: (before, after) => priceOf(before) <= priceOf(after) }],
  q11: [{ topic: "q11", grows: (before, after) => isMore(bidsOf(before), bidsOf(after)) }],
  q12: [{ topic: "q12", grows: isMore }],
};

function bidsOf(value: unknown): number {
  return (value as { readonly bids: number }).bids;
}

function priceOf(value: unknown): number {
  return (value as { readonly price: number }).price;
}

/** The last change of a window only closes it. */
function checkGrowth(topic: string, records: readonly Change[], grows: Grows): void {
  const latest = new Map<string, Change>();
  for (const record of records) {
    const { key, value, final } = record;
    const before = latest.get(key);
    if (before !== undefined && value !== null) {
      const isNext = !before.final &&
        (grows(before.value, value) || final && isSame(before.value, value));
      assert(isNext, `${topic}: ${JSON.stringify(record)} after ${JSON.stringify(before)}`);
    }
    if (value === null) latest.delete(key);
    else latest.set(key, record);
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Events that came too late, by their time, each with the windows that it missed. */
async function lateOf(
  kafka: KafkaConnection,
  jobs: readonly AnyJob[],
): Promise<{ readonly isLate: IsLate; readonly count: number }> {
  const missed = new Map<number, Set<string>>();
  const topics = jobs.flatMap((job) =>
    jobTopics(job.name, job).filter(({ role }) => role === "late").map(({ name }) => name)
  );
  for (const record of (await Promise.all(topics.map((topic) => committed(kafka, topic)))).flat()) {
    const [{ atMs }] = JSON.parse(textOf(record.value));
    const starts = missed.get(atMs) ?? new Set();
    missed.set(atMs, starts);
    const start = textOf(record.headers?.["window-start"] ?? null);
    assert(!starts.has(start), `${textOf(record.value)} is late for ${start} twice`);
    starts.add(start);
  }
  return {
    isLate: ({ atMs }, startMs) => {
      const starts = missed.get(atMs);
      return startMs === undefined ? starts !== undefined : starts?.has(String(startMs)) === true;
    },
    count: missed.size,
  };
}

/** A record of a query's topic; `final` in the last one of a window. */
interface Change extends QueryRecord {
  readonly final: boolean;
}

async function recordsOf(kafka: KafkaConnection, topic: string): Promise<Change[]> {
  return (await committed(kafka, topic)).map(({ key, value, headers }) => ({
    key: textOf(key),
    value: value === null ? null : JSON.parse(textOf(value)),
    final: textOf(headers?.["final"] ?? null) === "true",
  }));
}

async function committed(kafka: KafkaConnection, topic: string): Promise<LogRecord[]> {
  const log = kafka.log();
  const of = (partition: number) => readAll(log, { topic, partition });
  return (await Promise.all(Array.from({ length: partitions }, (_, at) => of(at)))).flat();
}

function textOf(bytes: Uint8Array | null): string {
  return decodeText(bytes ?? new Uint8Array()) ?? "";
}

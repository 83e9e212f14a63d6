/**
 * The power goes, over and over, while a job runs on the embedded log: the log's last writes are
 * lost at a random byte, the state's and the sink's are not, or some of them are. After each cut the
 * job continues with other input, the clock perhaps set back, and its results must be what one pass
 * over the records makes that the log holds.
 *
 * `CUT_SEED` and `CUT_COUNT` set the seed and the number of cuts.
 */
import assert from "node:assert/strict";
import { basename } from "node:path";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { EmbeddedCommitLog } from "../../src/level/embedded_commit_log.ts";
import { EmbeddedLog } from "../../src/level/embedded_log.ts";
import { EmbeddedMembership } from "../../src/level/embedded_membership.ts";
import { embeddedTopics } from "../../src/level/job_topics.ts";
import { LogDatabase } from "../../src/level/log_database.ts";
import { deleteStoresWithoutCommit } from "../../src/level/recovery.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import type { RecordLog } from "../../src/streams/ports.ts";
import { StreamsApp } from "../../src/streams/app/streams_app.ts";
import { readBetween } from "../../src/streams/read_between.ts";
import { jsonEngineCodecs } from "../../src/streams/state/json_engine_codecs.ts";
import { jobTopics } from "../../src/streams/topology/job_topics.ts";
import { CountingSink } from "../support/counting_run.ts";
import {
  type CountingRow,
  countingTopology,
  type Measurement,
  measurementRecord,
  type Total,
} from "../support/counting_topology.ts";
import { replaceFolder } from "../support/folder_damage.ts";
import { expectedRollUps, expectedWindows, measurements } from "../support/measurements.ts";
import { say } from "../support/say.ts";
import { until } from "../support/until.ts";

const ignore = Deno.permissions.querySync({ name: "write" }).state !== "granted";
const numberOf = (variable: string, otherwise: number) =>
  ignore ? otherwise : Number(Deno.env.get(variable) ?? otherwise);

const seed = numberOf("CUT_SEED", 1);
const cuts = numberOf("CUT_COUNT", 60);
const cutsPerWorld = 10;
const partitions = 2;
const keys = ["a", "b", "c", "d", "e", "f"];
const topology = countingTopology({ rollUps: true, repartition: true });
const topics = embeddedTopics(jobTopics("app", topology), { partitions, keepRecords: 1_000_000 });
type CountingApp = StreamsApp<Measurement, Total, CountingRow>;
const signal = new AbortController().signal;

/** How much faster the job's time passes than ours: no pause of it is waited for. */
const haste = 1_000;

const hastyClock: Clock = {
  nowMs: () => systemClock.nowMs(),
  monotonicMs: () => haste * systemClock.monotonicMs(),
  sleep: (ms, signal) => systemClock.sleep(ms / haste, signal),
};

/** A folder that outlives the power, and a sink that does. */
class PoweredWorld {
  readonly #root: string;
  readonly #random: Random;
  readonly #input: Measurement[][];
  readonly #sink = new CountingSink();
  #cuts = 0;
  /** Receive time of the next record, ms. */
  #nowMs = 10_000_000;
  lostBytes = 0;
  /** What the opening of the log has waited for the disk to have. */
  #synced: LogFile | undefined;

  constructor(root: string, worldSeed: number) {
    this.#root = root;
    this.#random = seededRandom(worldSeed);
    this.#input = measurements(worldSeed, 100 * cutsPerWorld, keys);
  }

  get #folder(): string {
    return `${this.#root}/${this.#cuts}`;
  }

  /** Runs the job on some more input, then takes the power away. */
  async runAndCut(): Promise<void> {
    await using resources = new AsyncDisposableStack();
    const database = resources.use(await LogDatabase.open(`${this.#folder}/log`, topics));
    this.#synced = await newestLog(`${this.#folder}/log`);
    const stores = resources.use(await LevelStateStores.open(`${this.#folder}/state`, "app"));
    const log = new EmbeddedLog(database);
    const commitLog = new EmbeddedCommitLog(database, "app", { sync: false });
    if (!database.closedWell) await deleteStoresWithoutCommit(stores, commitLog, "input");
    const rows = [...this.#sink.rows.values()];
    const last = rows.reduce((most, { versionUs }) => Math.max(most, versionUs), 0);
    const app = new StreamsApp(
      topology,
      {
        ...{ log, commitLog, stores, sink: this.#sink, codecs: jsonEngineCodecs },
        ...{ clock: hastyClock, random: seededRandom(1), logger: silentLogger },
        rowsVersionUs: database.closedWell ? undefined : last,
      },
      new EmbeddedMembership(log),
      {
        application: "app",
        commitIntervalMs: 0,
        pendingRowsMax: 1_000,
        closeBoundMs: 1_000 * haste,
        stateCleanupDelayMs: 600_000,
      },
    );
    const stop = new AbortController();
    const running = app.run(stop.signal);
    for (let turn = 0; turn < 4; turn++) {
      await this.#feed(log, 1 + Math.floor(this.#random.next() * 12));
      await caughtUp(app, log);
      await this.#assertResults(log);
    }
    await this.#cut();
    stop.abort();
    await running;
  }

  /** Every partition gets something. */
  async #feed(log: EmbeddedLog, records: number): Promise<void> {
    const fed = this.#input.splice(0, records);
    const times = keys.map((key) => [{ ...fed.flat().at(-1) as Measurement, key }]);
    await log.append([...fed, ...times].map((events) => measurementRecord(events, this.#nowMs++)));
  }

  async #assertResults(log: RecordLog): Promise<void> {
    const held: Measurement[][] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const place = { topic: "input", partition };
      for await (const records of readBetween(log, place, await log.bounds(place), signal)) {
        held.push(
          ...records.map(({ value }) => JSON.parse(new TextDecoder().decode(value ?? undefined))),
        );
      }
    }
    assert.deepEqual(this.#sink.violations, []);
    for (const [id, window] of expectedWindows(held).windows) this.#assertRow(id, window);
    for (const [id, rollUp] of expectedRollUps(held)) this.#assertRow(id, rollUp);
  }

  #assertRow(id: string, wanted: object): void {
    const { kind: _, versionUs: __, ...row } = this.#sink.rows.get(id) as CountingRow;
    assert.deepEqual(row, wanted, id);
  }

  /** What the disk has when the power is back: a copy, less the end of the log, or all of it. */
  async #cut(): Promise<void> {
    const random = this.#random;
    const from = this.#folder;
    this.#cuts += 1;
    await copyLive(`${from}/log`, `${this.#folder}/log`);
    for (let partition = 0; partition < partitions; partition++) {
      const store = `state/app/input-${partition}`;
      await copyLive(`${from}/${store}`, `${this.#folder}/${store}`);
      if (random.next() < 0.3) await cutLog(`${this.#folder}/${store}`, random.next(), undefined);
    }
    this.lostBytes += random.next() < 0.9
      ? await cutLog(`${this.#folder}/log`, random.next() < 0.2 ? 0 : random.next(), this.#synced)
      : 0;
    if (random.next() < 0.3) this.#nowMs -= Math.floor(random.next() * 1_000);
  }
}

/** Copies an open database; again, where it has deleted a file of its own meanwhile. */
async function copyLive(from: string, to: string): Promise<void> {
  await until(() =>
    replaceFolder(from, to).then(() => true, (error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }), { what: `a copy of ${from}`, msMax: 10_000 });
}

/** A log file of LevelDB. */
interface LogFile {
  readonly path: string;
  readonly size: number;
}

async function newestLog(folder: string): Promise<LogFile | undefined> {
  const files = await Array.fromAsync(Deno.readDir(folder));
  const name = files.map(({ name }) => name).filter((name) => name.endsWith(".log")).sort().at(-1);
  if (name === undefined) return undefined;
  return { path: `${folder}/${name}`, size: (await Deno.stat(`${folder}/${name}`)).size };
}

/** Cuts the newest log file to a share of what was not synced; gives how many bytes went. */
async function cutLog(folder: string, share: number, synced: LogFile | undefined): Promise<number> {
  const newest = await newestLog(folder);
  if (newest === undefined) return 0;
  const sameFile = basename(synced?.path ?? "") === basename(newest.path);
  const least = sameFile ? synced?.size ?? 0 : 0;
  const size = least + Math.floor((newest.size - least) * share);
  await Deno.truncate(newest.path, size);
  return newest.size - size;
}

async function caughtUp(app: CountingApp, log: RecordLog): Promise<void> {
  const isCaughtUp = async () => {
    if (app.tasks.length < partitions) return false;
    for (const { partition, committedOffset, resultsUnderWay, state } of app.tasks) {
      const { endOffset } = await log.bounds({ topic: "input", partition });
      if (state !== "running" || (committedOffset ?? 0) < endOffset) return false;
      if (resultsUnderWay) return false;
    }
    return true;
  };
  const what = () => `all is committed and shown: ${JSON.stringify(app.tasks)}`;
  await until(isCaughtUp, { what, msMax: 60_000, lookMs: 2 });
}

/** Gives how many bytes of logs were lost. */
async function cutWorld(worldSeed: number): Promise<number> {
  const root = await Deno.makeTempDir({ prefix: "power-" });
  try {
    const world = new PoweredWorld(root, worldSeed);
    for (let cut = 0; cut < cutsPerWorld; cut++) await world.runAndCut();
    return world.lostBytes;
  } catch (cause) {
    throw new Error(`world ${worldSeed} fails`, { cause });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test({
  name: `the embedded log and its state agree after ${cuts} power cuts of seed ${seed}`,
  ignore,
  async fn() {
    const worlds = Array.from(
      { length: Math.ceil(cuts / cutsPerWorld) },
      (_, i) => seed * 1_000 + i,
    );
    let lostBytes = 0;
    for (const world of worlds) lostBytes += await cutWorld(world);
    assert.ok(lostBytes > 0);
    say(`${cuts} power cuts of seed ${seed}: ${lostBytes} bytes of logs lost`);
  },
});

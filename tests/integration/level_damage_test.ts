/**
 * A closed store's files are damaged, over and over, between runs of a job that goes on with its
 * input. After each damage everything the job shows and keeps must be as in a run beside it that
 * was never damaged.
 *
 * `DAMAGE_SEED` and `DAMAGE_COUNT` set the seed and the number of damages.
 */
import assert from "node:assert/strict";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import { CountingWorld } from "../support/counting_run.ts";
import type { Measurement } from "../support/counting_topology.ts";
import {
  damageFolder,
  type DamageKind,
  damageKinds,
  type DamageSources,
  replaceFolder,
} from "../support/folder_damage.ts";
import { measurements } from "../support/measurements.ts";
import { say } from "../support/say.ts";
import { WatchedStores } from "../support/watched_stores.ts";

const ignore = Deno.permissions.querySync({ name: "write" }).state !== "granted";
const numberOf = (variable: string, otherwise: number) =>
  ignore ? otherwise : Number(Deno.env.get(variable) ?? otherwise);

const seed = numberOf("DAMAGE_SEED", 1);
const damages = numberOf("DAMAGE_COUNT", 240);
const damagesPerWorld = 24;
const keys = Array.from({ length: 60 }, (_, i) => `key-${i}`);
const partitions = 2;
const firstRecords = 600;
const recordsPerRun = 25;
/** Runs before the first damage: each leaves files of its own. */
const undamagedRuns = 6;

/** The same input for a job on LevelDB, and for one that nothing befalls. */
class DamagedWorld {
  readonly #folder: string;
  readonly #damaged: CountingWorld;
  readonly #sound: CountingWorld;
  readonly #input: Measurement[][];
  readonly #older: string[] = [];
  #runs = 0;
  /** Where the stores stood at the end of the last run. */
  checkpoints: readonly (number | undefined)[] = [];

  constructor(folder: string, inputSeed: number) {
    this.#folder = folder;
    const runs = damagesPerWorld + undamagedRuns;
    this.#input = measurements(inputSeed, firstRecords + runs * recordsPerRun, keys);
    [this.#damaged, this.#sound] = [world(), world()];
  }

  storeFolder(partition: number): string {
    return `${this.#folder}/app/input-${partition}`;
  }

  sources(partition: number): DamageSources {
    return {
      older: this.#older.map((folder) => `${folder}/input-${partition}`),
      otherPartition: `${this.#older.at(-1)}/input-${1 - partition}`,
      otherApplication: `${this.#folder}/other/input-${partition}`,
    };
  }

  async prepare(): Promise<void> {
    await this.run(firstRecords);
    await this.#foreignStores();
    while (this.#runs < undamagedRuns) await this.run();
  }

  /** Both jobs go on with more input; gives what the stores of the one on LevelDB met. */
  async run(records: number = recordsPerRun): Promise<WatchedStores> {
    const fed = this.#input.splice(0, records);
    for (const { log } of [this.#damaged, this.#sound]) log.readRecordsMax = records;
    for (const job of [this.#damaged, this.#sound]) await job.feed(fed, 10_000_000);
    const watched = await this.#runOnLevel();
    assert.equal(await this.#sound.runToEnd(), "done");
    await this.#keepCopy();
    await this.#compare();
    return watched;
  }

  async #runOnLevel(): Promise<WatchedStores> {
    await using stores = await LevelStateStores.open(this.#folder, "app");
    const watched = new WatchedStores(stores);
    this.#damaged.givenStores = watched;
    assert.equal(await this.#damaged.runToEnd(), "done");
    return watched;
  }

  async #compare(): Promise<void> {
    const [damaged, sound] = [this.#damaged, this.#sound];
    assert.deepEqual(damaged.sink.violations, []);
    assert.deepEqual(damaged.sink.rows, sound.sink.rows);
    const late = (job: CountingWorld) => job.log.visible("input-late").length;
    assert.equal(late(damaged), late(sound));
    const { rows, checkpoints } = await this.#contents();
    assert.deepEqual(rows, sound.stores.contents());
    this.checkpoints = checkpoints;
  }

  /** Reads copies: an opening would empty the logs of the stores themselves. */
  async #contents(): Promise<Contents> {
    const copy = `${this.#folder}/copies`;
    for (let partition = 0; partition < partitions; partition++) {
      const name = `input-${partition}`;
      await replaceFolder(`${this.#older.at(-1)}/${name}`, `${copy}/app/${name}`);
    }
    await using stores = await LevelStateStores.open(copy, "app");
    const { id } = await this.#damaged.log.describe("app-totals-changelog");
    return await contents(stores, id);
  }

  async #keepCopy(): Promise<void> {
    const copy = `${this.#folder}/copies/${this.#runs++}`;
    for (let partition = 0; partition < partitions; partition++) {
      await replaceFolder(this.storeFolder(partition), `${copy}/input-${partition}`);
    }
    this.#older.push(copy);
  }

  async #foreignStores(): Promise<void> {
    await using stores = await LevelStateStores.open(this.#folder, "other");
    const job = world();
    job.givenStores = stores;
    await job.feed(measurements(99, 200, keys), 10_000_000);
    assert.equal(await job.runToEnd(), "done");
  }
}

function world(): CountingWorld {
  return new CountingWorld({ partitions, retentionMs: 40_000 });
}

/** Everything in the stores, as `MemoryStores` shows it, and where they stand. */
interface Contents {
  readonly rows: [string, string, string][];
  readonly checkpoints: (number | undefined)[];
}

async function contents(stores: LevelStateStores, changelogId: string): Promise<Contents> {
  const rows: [string, string, string][] = [];
  const checkpoints: (number | undefined)[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    await using store = await stores.open({ topic: "input", partition }, changelogId);
    checkpoints.push(store.checkpoint?.changelogPosition);
    const all = { gte: new Uint8Array([0x40]), lt: new Uint8Array([0xff]) };
    for await (const some of store.scan(all)) {
      for (const { key, value } of some) {
        rows.push([`input-${partition}`, key.toHex(), value.toHex()]);
        assert.equal(store.get(key)?.toHex(), value.toHex());
      }
    }
  }
  return { rows: rows.sort(), checkpoints };
}

/** How the damage of a partition showed. */
function outcomeOf(watched: WatchedStores, partition: number, before: number | undefined): string {
  const [first] = watched.openings.get(partition) ?? [];
  if (typeof first === "string") return `rebuilt: ${first} at opening`;
  if (watched.destroyed.has(partition)) return "rebuilt: noticed in use";
  if (first === undefined) return "rebuilt: found empty";
  return first === before ? "no effect" : "restored from an older commit";
}

/** Damages one world's stores time and again; gives what was done and how it showed. */
async function damageWorld(worldSeed: number, times: number): Promise<string[]> {
  const random = seededRandom(worldSeed);
  const folder = await Deno.makeTempDir({ prefix: "damage-" });
  try {
    const damaged = new DamagedWorld(folder, worldSeed);
    await damaged.prepare();
    const lines: string[] = [];
    for (let i = 0; i < times; i++) lines.push(await damageOnce(damaged, random));
    return lines;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function damageOnce(damaged: DamagedWorld, random: Random): Promise<string> {
  const kind = damageKinds[Math.floor(random.next() * damageKinds.length)] as DamageKind;
  const partition = Math.floor(random.next() * partitions);
  const before = damaged.checkpoints[partition];
  const sources = damaged.sources(partition);
  const what = await damageFolder(damaged.storeFolder(partition), kind, sources, random);
  try {
    return `${kind} → ${outcomeOf(await damaged.run(), partition, before)}`;
  } catch (error) {
    throw new Error(`after ${what} in partition ${partition}`, { cause: error });
  }
}

function summary(lines: readonly string[]): string {
  const counts = Object.entries(Object.groupBy(lines, (line) => line));
  return counts.map(([line, all]) => `${all?.length}\t${line}`).sort().join("\n");
}

Deno.test({
  name: `LevelStateStores notice and rebuild, or stand, ${damages} damages of seed ${seed}`,
  ignore,
  fn: async () => {
    const worlds = Math.ceil(damages / damagesPerWorld);
    const results = await Promise.allSettled(
      Array.from({ length: worlds }, (_, i) => {
        const times = Math.min(damagesPerWorld, damages - i * damagesPerWorld);
        return damageWorld(seed * 1_000 + i, times);
      }),
    );
    const failures = results.flatMap((r) => r.status === "rejected" ? [r.reason] : []);
    if (failures.length > 0) throw new AggregateError(failures, `seed ${seed} fails`);
    const lines = results.flatMap((r) => r.status === "fulfilled" ? r.value : []);
    say(`${damages} damages of seed ${seed}:\n${summary(lines)}`);
  },
});

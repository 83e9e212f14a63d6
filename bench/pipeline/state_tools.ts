/**
 * How fast `deno task state` reads a state: rows a second of `ls`, `export` and `verify`, with few
 * keys and with many; and opening a store alone.
 *
 *     deno task dev bench:engine bench/pipeline/state_tools.ts --windows 1000000
 *
 * The state is written to a folder as `start` keeps it, in one partition: the windows of each key are
 * closed but for the newest six. A "row" is one of the store's, a "window" one that `export` prints.
 */
import { benchOptions } from "../bench_options.ts";
import { readStartConfig } from "../../src/app/start_config.ts";
import { systemClock } from "../../src/base/clock.ts";
import { marketChangelog } from "../../src/market/job.ts";
import { summaryWindowMs } from "../../src/market/tables.ts";
import { firstMeta } from "../../src/streams/state/state.ts";
import { presentLineage } from "../../src/streams/state/lineage.ts";
import { encodePlainKeyRow } from "../../tests/support/plain_key_row.ts";
import { keyStateKey, metaKey, windowKey } from "../../src/streams/state/store_keys.ts";
import { writeCommitMetadata } from "../../src/streams/commit/commit_metadata.ts";
import type { StoreEntry } from "../../src/streams/ports.ts";
import { type EmbeddedServices, openEmbedded } from "../../src/wiring/embedded.ts";
import { marketStateCodecs } from "../../src/wiring/market_processor.ts";
import { programCommand } from "../../scripts/lib/program_command.ts";
import { print } from "../../scripts/lib/print.ts";

const values = benchOptions({
  measures: "How fast deno task state reads a state.",
  command: "bench:engine bench/pipeline/state_tools.ts",
}, {
  windows: { type: "string", default: "1000000", says: "how many windows" },
  symbols: { type: "string", default: "64,200000", says: "numbers of symbols, in turn" },
  commands: { type: "string", default: "ls,export,verify", says: "which commands" },
  folder: { type: "string", says: "where a state is, or is left, instead of a folder that goes" },
});
const firstMs = Date.UTC(2024, 0, 2, 14, 30);
const openCount = 6;
const entriesAtOnce = 5_000;

interface Shape {
  readonly symbols: number;
  readonly windows: number;
}

type Codecs = Awaited<ReturnType<typeof marketStateCodecs>>;

function windowState(startMs: number, index: number, kind: "closed" | "open") {
  const price = 100 + index % 977 / 100;
  const times = { openTimeMs: startMs + 1, closeTimeMs: startMs + 9_000 };
  const prices = { open: price, high: price + 1.25, low: price - 0.75, close: price + 0.5 };
  const aggregate = { count: 7, volume: 350, priceVolume: 350 * price, ...prices, ...times };
  return {
    aggregate,
    final: kind === "closed",
    versionUs: startMs * 1_000,
    receivedAtMs: startMs + 9_000,
  };
}

function* entriesOf({ symbols, windows }: Shape, codecs: Codecs): Generator<StoreEntry> {
  const perSymbol = Math.ceil(windows / symbols);
  for (let symbol = 0; symbol < symbols; symbol++) {
    const key = `S${symbol}`;
    const starts = Array.from(
      { length: perSymbol },
      (_, index) => firstMs + index * summaryWindowMs,
    );
    const closed = starts.slice(0, Math.max(1, perSymbol - openCount));
    for (const startMs of closed) {
      const value = codecs.windowState.encode(windowState(startMs, symbol, "closed"));
      yield { key: windowKey(key, startMs), value };
    }
    const openWindows = starts.slice(closed.length);
    const closedToMs = (closed.at(-1) ?? firstMs) + summaryWindowMs;
    const value = encodePlainKeyRow({
      streamTimeMs: closedToMs + 60_000,
      closedToMs,
      purgedToMs: [0, 0, 0, 0, 0],
      windows: openWindows.map((startMs) => ({
        startMs,
        content: codecs.windowState.encode(windowState(startMs, symbol, "open")),
      })),
      closedParts: [undefined, undefined, undefined, undefined],
    });
    yield { key: keyStateKey(key), value };
  }
}

/** Writes changelog and store in commits, as tasks do. */
async function write(services: EmbeddedServices, shape: Shape, config: Config): Promise<number> {
  const { log, commitLog, stores, schemas } = services;
  const codecs = await marketStateCodecs(schemas, config.applicationId);
  const input = { topic: config.topic, partition: 0 };
  const changelog = { topic: marketChangelog(config.applicationId), partition: 0 };
  const repartition = undefined;
  const lineage = await presentLineage(log, {
    input: config.topic,
    changelog: changelog.topic,
    repartition,
  });
  const meta = firstMeta(lineage, 0);
  await using store = await stores.open(input, lineage.changelogId);
  await using writer = await commitLog.fence(input);
  const commit = async (entries: readonly StoreEntry[]) => {
    const changelogPosition = await writer.commit({
      records: entries.map((entry) => ({ ...changelog, timestampMs: firstMs, ...entry })),
      changelog,
      input,
      inputOffset: 0,
      metadata: (position) =>
        writeCommitMetadata({
          ...meta,
          changelogPosition: position,
          shownTo: position,
          id: "bench",
          leaderEpoch: undefined,
          closed: true,
        }),
    });
    await store.apply(entries, { changelogPosition });
  };
  let rows = 1;
  await commit([{ key: metaKey, value: codecs.meta.encode(meta) }]);
  const some: StoreEntry[] = [];
  for (const entry of entriesOf(shape, codecs)) {
    some.push(entry);
    rows += 1;
    if (some.length === entriesAtOnce) await commit(some.splice(0));
  }
  await commit(some);
  return rows;
}

type Config = ReturnType<typeof readStartConfig>;

const task = programCommand("state");

async function timed(command: string, folder: string): Promise<{ ms: number; lines: number }> {
  const startedMs = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...task.flags, task.entry, command, "--data", folder],
    env: { ENV_FILE: "" },
    stdout: "piped",
  }).spawn();
  let lines = 0;
  for await (const bytes of child.stdout) for (const byte of bytes) if (byte === 10) lines += 1;
  const { success } = await child.status;
  if (!success) throw new Error(`${command} failed`);
  return { ms: performance.now() - startedMs, lines };
}

async function measure(shape: Shape): Promise<void> {
  const folder = values.folder ?? await Deno.makeTempDir({ prefix: "bench-" });
  const config = readStartConfig({}, ["--data", folder]);
  let rows: number;
  {
    await using services = await openEmbedded(config, systemClock);
    rows = await write(services, shape, config);
  }
  print(`${shape.symbols} symbols, ${rows} rows`);
  {
    await using services = await openEmbedded(config, systemClock);
    const { id } = await services.log.describe(marketChangelog(config.applicationId));
    const startedMs = performance.now();
    await using _store = await services.stores.open({ topic: config.topic, partition: 0 }, id);
    print(`opened in ${Math.round(performance.now() - startedMs)} ms`);
  }
  for (const command of values.commands.split(",")) {
    const { ms, lines } = await timed(command, folder);
    const perSecond = Math.round((command === "export" ? lines : rows) * 1_000 / ms);
    print(
      `${command}: ${Math.round(ms)} ms, ${perSecond} ${
        command === "export" ? "windows" : "rows"
      }/s`,
    );
  }
  if (values.folder === undefined) await Deno.remove(folder, { recursive: true });
}

for (const symbols of values.symbols.split(",")) {
  await measure({ symbols: Number(symbols), windows: Number(values.windows) });
}

import assert from "node:assert/strict";
import { marketChangelog } from "../../src/market/job.ts";
import { Pipeline } from "./pipeline.ts";
import type { Recording } from "./recordings.ts";
import { recompute } from "./recompute.ts";
import { type RealServices, realServices } from "./services.ts";

/** Symbols that fall into all of four partitions. */
export const eightSymbols: readonly string[] = [
  ...["AAPL", "AMZN", "MSFT", "NVDA", "TSLA"],
  ...["BINANCE:BTCUSDT", "BINANCE:ETHUSDT", "OANDA:EUR_USD"],
];

/** Partitions of a run. */
export const runPartitions = 4;

/** Real services, a recording and a provisioned pipeline over it, all of one test. */
export interface MarketRun extends AsyncDisposable {
  readonly folder: string;
  readonly services: RealServices;
  readonly recording: Recording;
  readonly pipeline: Pipeline;
  /** Changelog topic of the pipeline. */
  readonly changelog: string;
}

/**
 * Prepares a run; nothing of the pipeline is started yet.
 *
 * @param options `services` that stay the caller's, in place of the shared ones; `settings` for all
 *   programs, in place of the usual ones.
 */
export async function marketRun(
  makeRecording: (folder: string) => Promise<Recording>,
  options: {
    readonly services?: RealServices;
    readonly partitions?: number;
    readonly settings?: Readonly<Record<string, string>>;
  } = {},
): Promise<MarketRun> {
  await using opening = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "market-run-" });
  opening.defer(() => Deno.remove(folder, { recursive: true }));
  const services = options.services ?? opening.use(await realServices(everyService));
  const recording = await makeRecording(folder);
  const pipeline = opening.use(
    new Pipeline({
      services: services.environment,
      name: crypto.randomUUID().slice(0, 8),
      stateDir: `${folder}/state`,
      frames: recording.path,
      symbols: recording.symbols,
      partitions: options.partitions ?? runPartitions,
      settings: options.settings ?? {},
    }),
  );
  const resources = opening.move();
  return {
    folder,
    services,
    recording,
    pipeline,
    changelog: marketChangelog(pipeline.application),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const everyService = { kafka: true, registry: true, cassandra: true } as const;

/** Services of a test's own, which it may break; starting them takes half a minute. */
export async function privateServices(): Promise<RealServices> {
  return await realServices({ ...everyService, private: true });
}

/** Compares all results with those of an independent computation; gives its report. */
export async function assertResults(
  { recording, pipeline, services }: MarketRun,
): Promise<string> {
  const { equal, report } = await recompute([
    ...["--frames", recording.path, "--grace-ms", "60000", "--keyspace", pipeline.keyspace],
    ...["--cassandra", `${services.cassandraHost}:${services.cassandraPort}`],
  ]);
  assert.ok(equal, report);
  return report;
}

import { readStartConfig } from "../../src/app/start_config.ts";
import type { GivenTexts } from "../../src/app/setting.ts";
import { systemClock } from "../../src/base/clock.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import type { Candle } from "../../src/market/candle.ts";
import { marketChangelog, marketWindows } from "../../src/market/job.ts";
import type { StateCodecs } from "../../src/registry/state_codecs.ts";
import { parseCommitMetadata } from "../../src/streams/commit/commit_metadata.ts";
import type { CommitLog, RecordLog, StateStore, StateStores } from "../../src/streams/ports.ts";
import type { KeyTopology } from "../../src/streams/state/cached_key.ts";
import { type Offset, partitionName, type TopicPartition } from "../../src/streams/record.ts";
import { openEmbedded } from "../../src/wiring/embedded.ts";
import { marketStateCodecs } from "../../src/wiring/market_processor.ts";
import { connectState } from "./connections.ts";
import { readStateConfig, type StateConfig } from "./state_config.ts";

/** The state of an instance that does not run, and what can read it. Owner: the command. */
export interface OpenedState extends AsyncDisposable {
  readonly changelog: string;
  /** Partitions that have a store here. */
  readonly inputs: readonly TopicPartition[];
  /** Where the stores are. */
  readonly folder: string;
  readonly codecs: StateCodecs;
  /** Reads the windows. */
  readonly job: KeyTopology<Candle>;
  readonly log: RecordLog;
  /** Where the changelog stood at the partition's last commit; `undefined` before the first. */
  readonly committedPosition: (input: TopicPartition) => Promise<Offset | undefined>;
  open(input: TopicPartition): Promise<StateStore>;
}

/**
 * Opens the state of `process`, or of `start` in a folder.
 *
 * @throws {PipelineError} `STORE_LOCKED` while the program runs; `REGISTRY_UNAVAILABLE`.
 */
export async function openState(
  environment: GivenTexts,
  dataDir: string | undefined,
): Promise<OpenedState> {
  return dataDir === undefined
    ? await openDistributed(readStateConfig(environment))
    : await openFolder(environment, dataDir);
}

async function openDistributed(config: StateConfig): Promise<OpenedState> {
  const { topic, applicationId, stateDir } = config;
  const changelog = marketChangelog(applicationId);
  const folder = `${stateDir}/${changelog}`;
  const inputs = await inputsIn(folder, topic);
  await using opening = new AsyncDisposableStack();
  const stores = opening.use(await LevelStateStores.open(stateDir, changelog));
  const { kafka, registry } = await connectState(config);
  opening.use(kafka);
  const codecs = await marketStateCodecs(registry, applicationId);
  return opened({
    changelog,
    folder,
    inputs,
    codecs,
    log: kafka.log(),
    commitLog: kafka.commitLog(applicationId),
    stores,
    resources: opening.move(),
  });
}

async function openFolder(
  environment: GivenTexts,
  dataDir: string,
): Promise<OpenedState> {
  const config = readStartConfig(environment, ["--data", dataDir]);
  const { topic, applicationId } = config;
  const changelog = marketChangelog(applicationId);
  const folder = `${dataDir}/state/${changelog}`;
  const inputs = await inputsIn(folder, topic);
  await using opening = new AsyncDisposableStack();
  const embedded = opening.use(await openEmbedded(config, systemClock));
  const codecs = await marketStateCodecs(embedded.schemas, applicationId);
  return opened({ ...embedded, changelog, folder, inputs, codecs, resources: opening.move() });
}

function opened(
  parts: Pick<OpenedState, "changelog" | "folder" | "inputs" | "codecs" | "log"> & {
    readonly commitLog: CommitLog;
    readonly stores: StateStores;
    readonly resources: AsyncDisposableStack;
  },
): OpenedState {
  const { changelog, folder, inputs, codecs, log, commitLog, stores, resources } = parts;
  return {
    changelog,
    folder,
    inputs,
    codecs,
    job: marketWindows(codecs.windowState),
    log,
    committedPosition: async (input) =>
      parseCommitMetadata((await commitLog.committed(input))?.metadata ?? "")?.changelogPosition,
    open: async (input) => await stores.open(input, (await log.describe(changelog)).id),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** The partitions of a topic that have a folder of their own; none if there is no state at all. */
async function inputsIn(folder: string, topic: string): Promise<TopicPartition[]> {
  const inputs: TopicPartition[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const partition = Number(name.slice(topic.length + 1));
      if (isDirectory && name === partitionName({ topic, partition })) {
        inputs.push({ topic, partition });
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return inputs.sort((a, b) => a.partition - b.partition);
}

/**
 * `deno task process`: trades on Kafka to windows and rows in Cassandra.
 */
import { type MainContext, runMain } from "./app/lifecycle.ts";
import { type ProcessConfig, processProgram } from "./app/process_config.ts";
import { ownAddresses, reachWarning } from "./http/addresses.ts";
import { MemberPulses } from "./http/peers/member_pulses.ts";
import { LateView } from "./http/view/late_view.ts";
import { Metrics } from "./http/metrics/metrics.ts";
import { PeerAccess } from "./http/peers/peer_access.ts";
import { askByFetch } from "./http/within.ts";
import type { KafkaConnection } from "./kafka/connection.ts";
import { LevelStateStores } from "./level/state_store.ts";
import { marketChangelog } from "./market/job.ts";
import { readAuthorities } from "./wiring/authorities.ts";
import { runDistributed } from "./wiring/distributed.ts";
import { readHttpFiles } from "./wiring/http_files.ts";
import { serveView } from "./wiring/http_server.ts";
import { loadThreads, type ProcessThread } from "./wiring/threads/process_threads.ts";
import { neededThreads, runThreads } from "./wiring/threads/run_threads.ts";
import { threadModule } from "./wiring/threads/worker.ts";

async function processTrades(
  config: ProcessConfig,
  context: MainContext,
  threads: readonly ProcessThread[],
): Promise<void> {
  const { applicationId: application, topic, stateDir } = config;
  const changelog = marketChangelog(application);
  const authorities = await readAuthorities(processProgram.name, config);
  const files = await readHttpFiles(processProgram.name, config, context);
  await using stores = await LevelStateStores.open(stateDir, changelog);
  const metrics = new Metrics();
  const view = new LateView({ application, topic, feed: "live" });
  using client = Deno.createHttpClient(
    authorities.http === undefined ? {} : { caCerts: [authorities.http] },
  );
  const peers = new PeerAccess({
    application,
    token: files.token,
    hosts: config.httpPeerHosts,
    ask: askByFetch(client),
    ...context,
  });
  await using http = await serveView({ config, context, files, metrics }, view, peers);
  const addresses = peers.vouchFor(ownAddresses(config, http));
  const warning = reachWarning(addresses);
  if (warning !== undefined) context.logger.warn(warning);
  context.logger.info("Processing", { topic, application, page: http.url });
  const membership = (kafka: KafkaConnection) =>
    kafka.membership(application, {
      identityFile: `${stateDir}/${changelog}/identity`,
      standbyReplicas: config.standbyReplicas,
      addresses,
      watch: new MemberPulses({ peers, clock: context.clock }),
    });
  const onWait = (problem: string) => view.waitFor(problem);
  const shared = { config, context, authorities, stores, metrics, peers, membership, onWait };
  const needed = await neededThreads(threads, shared);
  const { passed, late, deadLetters } = needed.length === 0
    ? await runDistributed({ ...shared, onView: (shown) => view.show(shown) })
    : await runThreads(needed, { ...shared, view });
  context.logger.info("Stopped processing; everything is committed", { passed, late, deadLetters });
}

/** How many `auto` makes at most: each takes some 40 MB before it does anything. */
const autoMax = 4;

/** One is no thread of its own: everything is done where the page is served. */
async function load({ processThreads }: ProcessConfig): Promise<readonly ProcessThread[]> {
  const auto = Math.min(navigator.hardwareConcurrency - 1, autoMax);
  const count = processThreads === "auto" ? auto : processThreads;
  return count > 1 ? await loadThreads(threadModule, count) : [];
}

if (import.meta.main) await runMain(processProgram, processTrades, load);

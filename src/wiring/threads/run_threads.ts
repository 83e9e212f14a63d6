import { patiently } from "../../base/patience.ts";
import type { LateView } from "../../http/view/late_view.ts";
import type { Metrics } from "../../http/metrics/metrics.ts";
import { OwnerProbe } from "../../http/peers/owner_probe.ts";
import type { PeerAccess } from "../../http/peers/peer_access.ts";
import type { InputStatus } from "../../http/ports.ts";
import { ThreadsView } from "../../http/view/threads_view.ts";
import type { KafkaConnection } from "../../kafka/connection.ts";
import { SharedMembership } from "../../streams/assignment/shared_membership.ts";
import type { GroupMembership, StateStores } from "../../streams/ports.ts";
import type { Authorities } from "../authorities.ts";
import { type DistributedOptions, lastAnswers, processKafka } from "../distributed.ts";
import type { ProcessThread } from "./process_threads.ts";

/** What threads share. */
export interface ThreadsOptions extends Pick<DistributedOptions, "config" | "context"> {
  readonly authorities: Authorities;
  readonly membership: (kafka: KafkaConnection) => GroupMembership;
  /** The folder that this process has taken. */
  readonly stores: StateStores;
  readonly metrics: Metrics;
  readonly peers: PeerAccess;
  readonly view: LateView;
}

/**
 * Those that there is work for, none where one would have all of it; ends the others. Waits for
 * Kafka.
 */
export async function neededThreads(
  threads: readonly ProcessThread[],
  options: Pick<DistributedOptions, "config" | "context" | "authorities" | "onWait">,
): Promise<readonly ProcessThread[]> {
  if (threads.length === 0) return [];
  const { config, context, onWait } = options;
  await using kafka = processKafka(options, context.signal);
  const shape = await patiently("look at the topics", () => kafka.topicShape(config.topic), {
    ...context,
    onWait,
  });
  // Without the topic there is nothing to do, which one says as well as many.
  const count = Math.min(threads.length, shape?.partitions ?? 1);
  const needed = count > 1 ? threads.slice(0, count) : [];
  for (const thread of threads.slice(needed.length)) thread.end();
  return needed;
}

/**
 * Processes in threads, until the context's signal fires and every task is committed and closed.
 * The error of one ends all of them in order.
 *
 * @returns What became of the input.
 */
export async function runThreads(
  threads: readonly ProcessThread[],
  options: ThreadsOptions,
): Promise<InputStatus> {
  const { config, context, stores, metrics } = options;
  using last = lastAnswers(context);
  await using kafka = processKafka(options, last.signal);
  const membership = options.membership(kafka);
  const found = await stores.partitions(config.topic);
  const shared = new SharedMembership(membership, threads.length, found);
  const view = viewOf({ ...options, threads, membership }, shared);
  metrics.addThreads(() => Promise.all(threads.map((thread) => thread.figures())));
  options.view.show(view);
  context.logger.info("Threads share the partitions", { threads: threads.length });
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  const ofEach = { ...config, stateCacheBytesMax: config.stateCacheBytesMax / threads.length };
  await Promise.all(threads.map(async (process, thread) => {
    try {
      await process.run({
        ...options,
        ...context,
        config: ofEach,
        thread,
        shared,
        signal,
        view,
      });
    } catch (error) {
      failed.abort(error);
    }
  }));
  if (failed.signal.aborted) throw failed.signal.reason;
  return view.input();
}

function viewOf(
  { config, context, threads, membership, peers }:
    & Pick<ThreadsOptions, "config" | "context" | "peers">
    & { readonly threads: readonly ProcessThread[]; readonly membership: GroupMembership },
  shared: SharedMembership,
): ThreadsView {
  const probe = new OwnerProbe(context.clock, peers.ask);
  return new ThreadsView({
    application: config.applicationId,
    topic: config.topic,
    feed: "live",
    threads,
    homeOf: (partition) => shared.homeOf(partition),
    ownerOf: (partition) => membership.ownerOf(partition),
    peerOf: (owner) => peers.peerOf(owner),
    isReachable: (address) => probe.isReachable(address),
    joinProblem: () => membership.problem,
    clock: context.clock,
  });
}

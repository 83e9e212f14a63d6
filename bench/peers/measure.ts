import { setTimeout as sleep } from "node:timers/promises";
import { cpuMsOf } from "../pipeline/cpu_time.ts";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import { freePort } from "../../tests/support/free_port.ts";
import { type Account, lookMs, type Peer, type RunPlace } from "./peers.ts";
import { manySymbols, recordCount, type Workload } from "./workload.ts";

/** What one run of a peer took. */
export interface Figures {
  /** From its start to its first commit, s. */
  readonly firstCommitS: number;
  /** From its start until everything was committed, s. */
  readonly allS: number;
  /** Trades a second between those two commits. */
  readonly tradesPerS: number;
  /** Processor time of the process for a trade between them, microseconds. */
  readonly cpuUsPerTrade: number;
  /** Most memory that it ever had, MB. */
  readonly residentMb: number;
  /** Records of the changelog that it restores a second, where there are many. */
  readonly restoredPerS: number | undefined;
}

const runMsMax = 600_000;

/**
 * Runs a peer over a topic from its beginning; it must count every trade. With many symbols its
 * state is then deleted and restored.
 */
export async function measure(
  peer: Peer,
  kafka: KafkaConnection,
  { services, topic, application, workload }: Omit<RunPlace, "folder" | "port"> & {
    readonly workload: Workload;
  },
): Promise<Figures> {
  const folder = await Deno.makeTempDir({ prefix: "peers-" });
  const place = { services, topic, application, folder, port: freePort() };
  await peer.prepare(place);
  const startedMs = performance.now();
  const child = peer.spawn(place);
  const look = async () => {
    const positions = await kafka.commitLog(application).positions();
    const own = positions.filter((position) => position.topic === topic);
    const records = own.reduce((sum, { offset }) => sum + offset, 0);
    return { records, atMs: performance.now() - startedMs, cpuMs: cpuMsOf(child.pid) };
  };
  const reach = async (records: number) => {
    for (;;) {
      const seen = await look();
      if (seen.records >= records) return seen;
      if (seen.atMs > runMsMax) throw new Error(`${peer.name}: ${seen.records} of ${records}`);
      await sleep(lookMs);
    }
  };
  const first = await reach(1);
  const all = await reach(recordCount(workload));
  const residentMb = peakMbOf(child.pid);
  const counted = (child: Deno.ChildProcess) => stopCounted(peer, child, { place, workload });
  await counted(child);
  await Deno.remove(folder, { recursive: true });
  let restoredPerS: number | undefined;
  if (workload.symbols >= manySymbols) {
    await Deno.mkdir(folder);
    ({ restoredPerS } = await counted(peer.spawn(place)));
    await Deno.remove(folder, { recursive: true });
  }
  const trades = (all.records - first.records) * workload.perRecord;
  return {
    firstCommitS: first.atMs / 1_000,
    allS: all.atMs / 1_000,
    tradesPerS: trades * 1_000 / (all.atMs - first.atMs),
    cpuUsPerTrade: (all.cpuMs - first.cpuMs) * 1_000 / trades,
    residentMb,
    restoredPerS,
  };
}

/** Ends a peer, which must have counted every trade. */
async function stopCounted(
  peer: Peer,
  child: Deno.ChildProcess,
  { place, workload }: { readonly place: RunPlace; readonly workload: Workload },
): Promise<Account> {
  const account = await peer.stop(child, place);
  if (account.trades === workload.trades) return account;
  throw new Error(`${peer.name} has counted ${account.trades}`);
}

function peakMbOf(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}

import { assert } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import { dispositionOf } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Random } from "../../base/random.ts";
import type { GroupMembership } from "../ports.ts";
import { StreamsApp } from "./streams_app.ts";
import type { StreamsPorts } from "../task/streams_ports.ts";
import { CacheBudget } from "../state/cache_budget.ts";
import { jsonEngineCodecs } from "../state/json_engine_codecs.ts";
import { type Duration, durationMs } from "../topology/duration.ts";
import type { Job } from "../topology/job.ts";

/** A job of any kind. */
export type AnyJob = Job<unknown, unknown, unknown>;

/** What one job runs on. */
export interface JobServices {
  /** Log, commits and stores. */
  readonly ports: Pick<StreamsPorts<unknown>, "log" | "commitLog" | "stores">;
  /** Which partitions are this instance's. */
  readonly membership: GroupMembership;
}

/** Where jobs run: makes what they need. Owner: the main, which disposes of it after `run`. */
export interface Runtime extends AsyncDisposable {
  /** Fires when the process is asked to end. */
  readonly stopped: AbortSignal;
  /** Time, for all jobs. */
  readonly clock: Clock;
  /** Chance, for all jobs. */
  readonly random: Random;
  /** Told of what operators want to know. */
  readonly logger: Logger;
  /** Makes the topics of jobs that are missing, and opens their stores; can be repeated. */
  open(jobs: readonly AnyJob[]): Promise<readonly JobServices[]>;
}

/** How jobs run. */
export interface RunOptions {
  /** Ends the run; that of the process (SIGINT, SIGTERM) without it. */
  readonly signal?: AbortSignal;
  /** Longest time between two commits while there is something to commit; 100 ms without it. */
  readonly commitInterval?: Duration;
  /**
   * Memory for state that tasks of all jobs keep at hand, bytes, estimated; 128 MiB without it. What
   * does not fit is read from the store when it is needed.
   */
  readonly cacheBytes?: number;
  /** Told of every job that was started, to query it and to listen. */
  readonly onStart?: (apps: readonly StreamsApp<unknown, unknown, unknown>[]) => void;
}

/**
 * Runs jobs until the signal fires: then every task has committed and closed. The name of a job is
 * that of its application.
 *
 * @throws Whatever stops a task of a job permanently, after all jobs have ended.
 */
export async function run(
  jobs: readonly AnyJob[],
  runtime: Runtime,
  { signal = runtime.stopped, commitInterval = "100ms", cacheBytes, onStart }: RunOptions = {},
): Promise<void> {
  for (const { name } of jobs) {
    assert(/^[a-zA-Z0-9._-]+$/.test(name), `a job's name is part of its topics' names: ${name}`);
    assert(jobs.filter((job) => job.name === name).length === 1, `two jobs are called ${name}`);
  }
  const failed = new AbortController();
  const services = await runtime.open(jobs);
  const common = {
    commitIntervalMs: durationMs(commitInterval),
    budget: new CacheBudget(cacheBytes),
  };
  const apps = jobs.map((job, index) =>
    appOf(job, services[index] as JobServices, runtime, common)
  );
  for (const app of apps) {
    app.listen({
      opened() {},
      fetched() {},
      committed() {},
      failed(_input, error) {
        if (dispositionOf(error) === "stop") failed.abort(error);
      },
      closed() {},
    });
  }
  onStart?.(apps);
  const ends = AbortSignal.any([signal, failed.signal]);
  await Promise.all(apps.map((app) => app.run(ends).catch((error) => failed.abort(error))));
  if (failed.signal.aborted) throw failed.signal.reason;
}

function appOf(
  job: AnyJob,
  { ports, membership }: JobServices,
  { clock, random, logger }: Runtime,
  { commitIntervalMs, budget }: {
    readonly commitIntervalMs: number;
    readonly budget: CacheBudget;
  },
): StreamsApp<unknown, unknown, unknown> {
  const needsSink = job.rows.length > 0 || job.events !== undefined;
  assert(job.sink !== undefined || !needsSink, `${job.name} has rows and is given no sink`);
  return new StreamsApp(
    job,
    { ...ports, sink: job.sink, codecs: jsonEngineCodecs, clock, random, logger, budget },
    membership,
    {
      application: job.name,
      commitIntervalMs,
      pendingRowsMax: 10_000,
      closeBoundMs: 7_000,
      stateCleanupDelayMs: 600_000,
    },
  );
}

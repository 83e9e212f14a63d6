import type { Remedies } from "../../base/errors.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Random } from "../../base/random.ts";
import type { CommitLog, RecordLog, Sink, StateStores } from "../ports.ts";
import type { CacheBudget } from "../state/cache_budget.ts";
import type { GlobalValues } from "../state/key_values.ts";
import type { EngineCodecs } from "../state/state.ts";

/** What the engine runs on. */
export interface StreamsPorts<R> {
  /** Where input and changelog are read. */
  readonly log: RecordLog;
  /** Where commits are made. */
  readonly commitLog: CommitLog;
  /** Local state. */
  readonly stores: StateStores;
  /** Where rows go; without it none are made of results. */
  readonly sink?: Sink<R> | undefined;
  /** How the engine's own state is written. */
  readonly codecs: EngineCodecs;
  /** The only source of time. */
  readonly clock: Clock;
  /** The only source of chance. */
  readonly random: Random;
  /** Told of what operators want to know. */
  readonly logger: Logger;
  /**
   * Greatest write time of the sink's rows, microseconds, where the log may have lost its end since:
   * what is made from now on must win over rows of input that is gone.
   */
  readonly rowsVersionUs?: number | undefined;
  /** Memory for state at hand, which applications may share; without it 128 MiB for this one. */
  readonly budget?: CacheBudget;
  /** @internal */
  readonly globals?: GlobalValues;
  /** What to do about errors that stop, in the program's words; errors end without them else. */
  readonly remedies?: Remedies;
}

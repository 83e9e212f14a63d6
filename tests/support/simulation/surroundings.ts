import type { Logger } from "../../../src/base/logger.ts";
import type { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import type { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import type { Chance } from "./chance.ts";
import type { Disaster } from "./disaster.ts";
import type { Faults } from "./faults.ts";
import type { Play } from "./play.ts";
import type { Member, SimulatedGroup } from "./group.ts";
import type { SimulatedTable } from "./sink.ts";

/** The world as machines and their processes see it. */
export interface Surroundings {
  readonly chance: Chance;
  readonly clock: SimulatedClock;
  readonly log: MemoryLog;
  readonly faults: Faults;
  readonly group: SimulatedGroup;
  readonly play: Pick<
    Play,
    "ask" | "auditor" | "order" | "drawRules" | "topologyBy" | "notices"
  >;
  readonly table: SimulatedTable;
  readonly disaster: Disaster;
  readonly settings: {
    /** Threads of each process. */
    readonly threads: number;
    readonly application: string;
    readonly commitIntervalMs: number;
    readonly pendingRowsMax: number;
    readonly cacheBytesMax: number;
    /** The input may lose its beginning. */
    readonly reset: boolean;
  };
  /** Where a process reports. */
  readonly loggerOf: (program: string) => Logger;
  trace(what: string): void;
  /** A dead or cut off member is missed after a while. */
  sessionEnds(member: Member | undefined): Promise<void>;
}

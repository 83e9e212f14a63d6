import type { Logger } from "../../../src/base/logger.ts";
import type { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import type { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import type { Topology } from "../../../src/streams/topology/topology.ts";
import type { Combining, CountingRow, Measurement, Total } from "../counting_topology.ts";
import type { Auditor } from "./auditor.ts";
import type { Chance } from "./chance.ts";
import type { Disaster } from "./disaster.ts";
import type { Faults } from "./faults.ts";
import type { ModelRules } from "./model_rules.ts";
import type { InputOrder } from "./input_order.ts";
import type { Member, SimulatedGroup } from "./group.ts";
import type { SimulatedTable } from "./sink.ts";

/** The world as machines and their processes see it. */
export interface Surroundings {
  readonly chance: Chance;
  readonly clock: SimulatedClock;
  readonly log: MemoryLog;
  readonly faults: Faults;
  readonly group: SimulatedGroup;
  /** The settings and the code of the next program that starts. */
  drawRules(): ModelRules;
  topologyBy(rules: ModelRules, program: string): Topology<Measurement, Total, CountingRow>;
  readonly table: SimulatedTable;
  readonly auditor: Auditor;
  readonly disaster: Disaster;
  /** In worlds where a task has two inputs. */
  readonly order: InputOrder | undefined;
  readonly settings: {
    /** Threads of each process. */
    readonly threads: number;
    readonly application: string;
    readonly commitIntervalMs: number;
    readonly pendingRowsMax: number;
    readonly cacheBytesMax: number;
    /** The input may lose its beginning. */
    readonly reset: boolean;
    /** For a job that joins tables. */
    readonly combines: Combining | undefined;
  };
  /** Where a process reports. */
  readonly loggerOf: (program: string) => Logger;
  trace(what: string): void;
  /** A dead or cut off member is missed after a while. */
  sessionEnds(member: Member | undefined): Promise<void>;
}

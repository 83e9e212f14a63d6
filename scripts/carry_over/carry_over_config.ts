import {
  type CassandraConfig,
  cassandraContradictions,
  cassandraSettings,
} from "../../src/app/cassandra_settings.ts";
import { readConfig } from "../../src/app/read_config.ts";
import { type GivenTexts, type Program, type Setting, settingsOf } from "../../src/app/setting.ts";
import * as settings from "../../src/app/settings.ts";
import type { TradesTable } from "../../src/market/tables.ts";

/** Where the tables are. */
export interface CarryOverConfig extends CassandraConfig {
  readonly tradesTables: readonly TradesTable[];
}

const carryOverProgram: Program<CarryOverConfig> = {
  name: "carry-over",
  summary: "Carries the rows of the Python and Spark pipeline's trades table over.",
  settings: { ...cassandraSettings, tradesTables: settings.tradesTablesWritten },
  contradictions: cassandraContradictions,
};

/** What the command reads. */
export const carryOverSettings: readonly Setting<unknown>[] = settingsOf(carryOverProgram);

/** @throws {PipelineError} `CONFIG_INVALID` with every problem. */
export function readCarryOverConfig(environment: GivenTexts): Readonly<CarryOverConfig> {
  return readConfig(carryOverProgram, environment);
}

import { feedProgram } from "./feed_config.ts";
import { processProgram } from "./process_config.ts";
import { produceProgram } from "./produce_config.ts";
import { provisionProgram } from "./provision_config.ts";
import { recordProgram } from "./record_config.ts";
import type { Program } from "./setting.ts";
import { startProgram } from "./start_config.ts";

/** Every program with settings, in the order in which documents name them. */
// deno-lint-ignore no-explicit-any
export const programs: readonly Program<any>[] = [
  startProgram,
  produceProgram,
  processProgram,
  provisionProgram,
  feedProgram,
  recordProgram,
];

import { feedProgram } from "../../src/app/feed_config.ts";
import { processProgram } from "../../src/app/process_config.ts";
import { produceProgram } from "../../src/app/produce_config.ts";
import { provisionProgram } from "../../src/app/provision_config.ts";
import { recordProgram } from "../../src/app/record_config.ts";
import type { Program } from "../../src/app/setting.ts";
import { startProgram } from "../../src/app/start_config.ts";

/** Every program with settings, in the order in which README names them. */
// deno-lint-ignore no-explicit-any
export const programs: readonly Program<any>[] = [
  startProgram,
  produceProgram,
  processProgram,
  provisionProgram,
  feedProgram,
  recordProgram,
];

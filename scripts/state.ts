/**
 * `deno task state`: looks at the state of process or start, resets it, repartitions it. `--help` says how.
 */
import { keepFilesPrivate } from "../src/app/confine.ts";
import { exitCodeOf, exitCodes } from "../src/app/exit_code.ts";
import { describeError } from "../src/base/errors.ts";
import { environmentOf } from "./lib/environment.ts";
import { print, printError } from "./lib/print.ts";
import { takeIdleState } from "./state/idle_state.ts";
import { listStores } from "./state/list.ts";
import { type OpenedState, openState } from "./state/opened_state.ts";
import { parseStateOptions, type StateOptions, usage } from "./state/options.ts";
import { resetState } from "./state/reset.ts";
import { repartitionState } from "./state/repartition.ts";
import { stateSettings } from "./state/state_config.ts";
import { verifyStores } from "./state/verify.ts";
import { exportWindows, showWindows } from "./state/windows.ts";

/** @returns False when something is wrong with the state, or in the way. */
async function run(options: StateOptions): Promise<boolean> {
  const environment = environmentOf("state", stateSettings);
  if (options.command === "reset" || options.command === "repartition") {
    await using state = await takeIdleState(environment, options.dataDir);
    return options.command === "reset"
      ? await resetState(state, options)
      : await repartitionState(state, options);
  }
  await using state = await openState(environment, options.dataDir);
  if (state.inputs.length === 0) {
    printError("There is no state of this application and topic here");
    return false;
  }
  return await look(state, options);
}

async function look(state: OpenedState, options: StateOptions): Promise<boolean> {
  switch (options.command) {
    case "ls":
      await listStores(state);
      return true;
    case "verify":
      return await verifyStores(state);
    case "export":
      return reported(await exportWindows(state, options), options);
    default:
      return reported(await showWindows(state, options), options);
  }
}

function reported(found: boolean, { symbol }: StateOptions): boolean {
  if (found) return true;
  printError(`There is no symbol "${symbol}" in this state`);
  return false;
}

if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
  print(usage);
} else {
  keepFilesPrivate();
  try {
    Deno.exitCode = await run(parseStateOptions(Deno.args)) ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    printError(describeError(error));
    Deno.exitCode = error instanceof TypeError ? exitCodes.config : exitCodeOf(error);
  }
}

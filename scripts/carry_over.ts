/**
 * `deno task carry-over`: keeps the trades of the Python and Spark pipeline. `--help` says how.
 */
import { keepFilesPrivate } from "../src/app/confine.ts";
import { exitCodeOf, exitCodes } from "../src/app/exit_code.ts";
import { systemClock } from "../src/base/clock.ts";
import { describeError } from "../src/base/errors.ts";
import { silentLogger } from "../src/base/logger.ts";
import { connectClient } from "../src/cassandra/client.ts";
import { connectCassandra } from "../src/cassandra/connect.ts";
import { readAuthorities } from "../src/wiring/authorities.ts";
import { cassandraOptions } from "../src/wiring/cassandra.ts";
import { carryOverSettings, readCarryOverConfig } from "./carry_over/carry_over_config.ts";
import { loadedText } from "./carry_over/loaded_text.ts";
import { loadRows } from "./carry_over/load.ts";
import { type CarryOverOptions, parseCarryOverOptions, usage } from "./carry_over/options.ts";
import { saveRows } from "./carry_over/save.ts";
import { inspectTradesTable } from "./carry_over/trades_table.ts";
import { environmentOf } from "./lib/environment.ts";
import { print, printError } from "./lib/print.ts";

async function carryOver({ command, file }: CarryOverOptions): Promise<void> {
  const config = readCarryOverConfig(environmentOf("carry-over", carryOverSettings));
  const surroundings = { clock: systemClock, logger: silentLogger };
  const { tradesTables } = config;
  const authorities = await readAuthorities("carry-over", config);
  const options = cassandraOptions(config, surroundings, { authorities, tradesTables });
  await using results = await connectCassandra(options);
  await using closing = new AsyncDisposableStack();
  const client = await connectClient(options);
  closing.defer(() => client.shutdown());
  const table = await inspectTradesTable(client, config);
  if (command === "save") {
    print(`${await saveRows(client, table, file)} rows of ${table.name} are in ${file}`);
    return;
  }
  const { sink } = results;
  const report = await loadRows(file, { client, sink, config, table });
  print(loadedText(report, table));
}

if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
  print(usage);
} else {
  keepFilesPrivate();
  try {
    await carryOver(parseCarryOverOptions(Deno.args));
  } catch (error) {
    printError(describeError(error));
    Deno.exitCode = error instanceof TypeError ? exitCodes.config : exitCodeOf(error);
  }
}

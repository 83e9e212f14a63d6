/**
 * `deno task dev topology [--mermaid]`: prints the job that `process` runs with these settings.
 */
import {
  type EngineConfig,
  engineContradictions,
  engineSettings,
} from "../src/app/engine_settings.ts";
import { exitCodeOf } from "../src/app/exit_code.ts";
import { boolean } from "../src/app/forms.ts";
import { helpText } from "../src/app/help.ts";
import { readConfig } from "../src/app/read_config.ts";
import { type Program, settingsOf } from "../src/app/setting.ts";
import { results, type ResultsPlace, tradesTablesWritten } from "../src/app/settings.ts";
import { InvariantError } from "../src/base/assert.ts";
import { describeError } from "../src/base/errors.ts";
import type { TradesTable } from "../src/market/tables.ts";
import { marketJob, resultsTopic } from "../src/market/job.ts";
import { describeTopology, mermaidTopology } from "../src/streams/topology/describe_topology.ts";
import { environmentOf } from "./lib/environment.ts";
import { print, printError } from "./lib/print.ts";

interface TopologyConfig extends EngineConfig {
  readonly results: readonly ResultsPlace[];
  readonly tradesTables: readonly TradesTable[];
  readonly mermaid: boolean;
}

const program: Program<TopologyConfig> = {
  name: "topology",
  summary: "Prints the job that process runs with these settings.",
  settings: {
    ...engineSettings,
    results,
    tradesTables: tradesTablesWritten,
    mermaid: {
      option: "--mermaid",
      form: "absent or true",
      meaning: "as a Mermaid flowchart instead of text",
      defaultText: "false",
      flag: true,
      parse: boolean,
    },
  },
  contradictions: engineContradictions,
};

function unused(): never {
  throw new InvariantError("a description reads and writes nothing");
}

function description(config: TopologyConfig): string {
  const codec = { encode: unused, decode: unused, prepare: unused };
  const job = marketJob({
    topic: config.topic,
    graceMs: config.windowGraceMs,
    retentionMs: config.windowRetentionMs,
    maxFutureMs: config.maxFutureMs,
    conditionPolicy: config.conditionPolicy,
    tradeRows: config.results.includes("cassandra") && config.tradesTables.length > 0,
    tradeCodec: codec,
    windowCodec: codec,
    ...config.results.includes("topic")
      ? { published: { topic: resultsTopic(config.applicationId), codec } }
      : {},
  });
  const describe = config.mermaid ? mermaidTopology : describeTopology;
  return describe(job, config.applicationId);
}

if (Deno.args.includes("--help")) {
  print(helpText(program));
} else {
  try {
    const environment = environmentOf(program.name, settingsOf(program));
    print(description(readConfig(program, environment, Deno.args)).trimEnd());
  } catch (error) {
    printError(describeError(error));
    Deno.exitCode = exitCodeOf(error);
  }
}

/** The command line of a bench. */
import { parseArgs, type ParseArgsOptionDescriptor } from "node:util";
import { print } from "../scripts/lib/print.ts";
import { wantedOrExit } from "../scripts/lib/wanted.ts";

/** An option, and what the help says of it. */
export interface BenchOption extends ParseArgsOptionDescriptor {
  readonly says: string;
}

type Options = Readonly<Record<string, BenchOption>>;

/** Values of options, by name. */
export type BenchValues<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O }>
>["values"];

/** What a bench measures, and how it is called. */
export interface BenchUsage {
  readonly measures: string;
  /** Behind `deno task dev`. */
  readonly command: string;
}

/**
 * What this bench is asked for. Prints the help and ends where that is wanted; ends with exit code 2
 * and the reason where there is no such option.
 */
export function benchOptions<const O extends Options>(
  usage: BenchUsage,
  options: O,
): BenchValues<O> {
  const help = { type: "boolean", default: false, says: "this text" } as const;
  const all: Options = { ...options, help };
  const { values } = wantedOrExit(() => parseArgs({ options: all }));
  if (values["help"] !== true) return values as BenchValues<O>; // those of the options
  print(helpOf(usage, all));
  return Deno.exit(0);
}

function helpOf({ measures, command }: BenchUsage, options: Options): string {
  const names = Object.entries(options).map(([name, { type }]) =>
    `--${name}${type === "string" ? " X" : ""}`
  );
  const width = Math.max(...names.map(({ length }) => length));
  const lines = Object.values(options).map(({ says, type, default: usual }, at) => {
    const added = type === "string" && usual !== undefined ? `  (default ${usual})` : "";
    return `  ${names[at]?.padEnd(width)}   ${says}${added}`;
  });
  return [`${measures}\n`, `Usage: deno task dev ${command} [options]\n`, ...lines].join("\n");
}

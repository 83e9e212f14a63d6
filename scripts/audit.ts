/**
 * `deno task dev audit`: known vulnerabilities of the packages in `deno.lock`, by `deno audit`, which
 * ends in the same way whether it found some or could not ask for them.
 */
import { print, printError } from "./lib/print.ts";
import { root } from "./lib/source_files.ts";

const help = `Known vulnerabilities of the packages, as the package registry lists them.

Exit codes: 0 none is known, 1 some are, 2 wrong arguments, 3 the registry could not be asked.`;

const [option, ...others] = Deno.args;
if (option !== undefined) {
  const isHelp = option === "--help" && others.length === 0;
  if (isHelp) print(help);
  else printError(`There are no arguments but --help: received ${Deno.args.join(" ")}`);
  Deno.exit(isHelp ? 0 : 2);
}

const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["audit"],
  cwd: root,
  env: { NO_COLOR: "1" },
}).output();
const report = new TextDecoder().decode(stdout).trim();
const isFinding = /^Found \d+ vulnerabilities/m.test(report);
if (success || isFinding) print(report);
else {
  const [cause = ""] = new TextDecoder().decode(stderr).trim().split("\n");
  printError(`Not audited: the registry could not be asked, so nothing is known. ${cause}`);
}
Deno.exit(success ? 0 : isFinding ? 1 : 3);

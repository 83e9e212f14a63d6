/**
 * Writes one shell script per program into a folder: what a container runs. Each has the flags of
 * its task, and fetches nothing.
 */
import { join } from "node:path";
import { assignments, programCommand, type ProgramTask } from "./lib/program_command.ts";

const programs: readonly ProgramTask[] = ["produce", "process", "provision", "feed"];

function launcherText(program: ProgramTask): string {
  const command = programCommand(program);
  const { flags, entry } = command;
  const env = Object.keys(command.env).length === 0 ? [] : ["env", ...assignments(command)];
  const words = ["exec", ...env, "deno run --cached-only", ...flags, entry];
  return `${words.join(" ")} "$@"\n`;
}

/**
 * Where a container listens everywhere, its name is what the other instances are told: nothing else
 * differs between the containers of a service.
 */
const peerUrl = `if [ -z "$HTTP_ADVERTISED_URL$HTTP_PEER_URL" ]; then
  case "$HTTP_HOST" in
    0.0.0.0 | "[::]") export HTTP_PEER_URL="http\${HTTP_TLS_CERT_FILE:+s}://$(uname -n):$HTTP_PORT" ;;
  esac
fi
`;

/** Gives rights and is no task: it belongs to the containers. What it reads are its settings. */
const access = "exec deno run --cached-only -q --no-prompt --allow-env --allow-sys " +
  '--allow-read=/ --allow-net scripts/access/main.ts "$@"\n';

const [folder = "launchers"] = Deno.args;
await Deno.mkdir(folder, { recursive: true });
for (const program of programs) {
  const setUp = program === "process" ? peerUrl : "";
  await Deno.writeTextFile(join(folder, program), setUp + launcherText(program));
}
await Deno.writeTextFile(join(folder, "access"), access);

/** `NAME FOLDER`: starts as a program does, then tries what it may not do; prints what it could. */
import { programCommand, type ProgramTask } from "../../scripts/lib/program_command.ts";
import { runMain } from "../../src/app/lifecycle.ts";
import { programs } from "../../src/app/programs.ts";
import { outputOf } from "./command.ts";

/** What a program with the flags of its task could do; its own folder is `own` in the given one. */
export async function trespasses(name: string, folder: string): Promise<readonly string[]> {
  const { flags } = programCommand(name as ProgramTask);
  const args = ["run", ...flags, "tests/support/trespasser.ts", name, folder];
  const own = `${folder}/own`;
  const env = { ENV_FILE: "", FINHUB_SECRET_KEY: "key", SPOOL_DIR: own, STATE_DIR: own };
  return JSON.parse(await outputOf(Deno.execPath(), args, env));
}

function acts(folder: string): Readonly<Record<string, () => unknown>> {
  return {
    "read a file of the system": () => Deno.readTextFileSync("/etc/shadow"),
    "read the folder that it was started in": () => Deno.readTextFileSync("deno.json"),
    "write beside its folder": () => Deno.writeTextFileSync(`${folder}/beside`, ""),
    "write its own folder": () => Deno.mkdirSync(`${folder}/own/below`, { recursive: true }),
    "show what it writes to others": () => {
      Deno.writeTextFileSync(`${folder}/own/file`, "");
      const modes = ["", "/below", "/file"].map((path) =>
        Deno.statSync(`${folder}/own${path}`).mode
      );
      if (modes.every((mode) => ((mode ?? 0) & 0o077) === 0)) throw new Deno.errors.NotCapable();
    },
    "open a host that is not named": () => Deno.listen({ hostname: "127.0.0.2", port: 0 }).close(),
    "connect to a host that is not named": () => Deno.connect({ hostname: "127.0.0.2", port: 1 }),
    "ask for the machine's name": () => Deno.hostname(),
    "load native code": () => Deno.dlopen("libc.so.6", {}),
    "run a command": () => new Deno.Command("true").outputSync(),
    "read a variable that is no setting": () => {
      if (Deno.env.get("PATH") === undefined) throw new Deno.errors.NotCapable();
    },
  };
}

async function succeeds(act: () => unknown): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return false;
    if (error instanceof Deno.errors.ConnectionRefused) return true; // by the host
    throw error;
  }
}

if (import.meta.main) {
  const [name, folder = ""] = Deno.args;
  const program = programs.find((known) => known.name === name);
  if (program === undefined) throw new TypeError(`no program: ${name}`);
  // These are not the program's.
  Object.defineProperty(Deno, "args", { value: [] });
  await runMain(program, async () => {
    const done: string[] = [];
    for (const [what, act] of Object.entries(acts(folder))) {
      if (await succeeds(act)) done.push(what);
    }
    Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(done)));
  });
}

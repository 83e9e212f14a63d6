import { dirname } from "node:path";
import {
  anyHost,
  type ProgramCommand,
  programCommand,
  type ProgramTask,
} from "../../scripts/lib/program_command.ts";
import { holdStill } from "./hold.ts";

/** One of the pipeline's programs. */
export type ProgramName = ProgramTask | "access";

/** A line of a program's log. */
export type LogEntry = Readonly<Record<string, unknown>> & { readonly message: string };

/** How to start a program. */
export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `host:port` each, in place of all hosts. */
  readonly hosts?: readonly string[];
  /** Folder with an image's content: runs as its container does, with `env` and nothing more. */
  readonly image?: string;
  /** Folder with compiled programs: runs that of its name. */
  readonly compiled?: string;
  /** Group that it runs as, for a firewall to know it by; only the superuser may choose. */
  readonly gid?: number | undefined;
}

/** Longest wait for a line of the log, ms. */
const lineMsMax = 60_000;

/**
 * A program of the pipeline as a process of its own, with the permissions of its task.
 *
 * Owner: the test; disposing kills what still runs.
 */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #log: LogEntry[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #reading: Promise<void>;
  /** Wall clock of its start, epoch ms. */
  readonly startedAtMs: number = Date.now();
  #exited = false;

  constructor(name: ProgramName, options: ProgramOptions = {}) {
    this.#child = commandOf(name, options).spawn();
    this.#reading = this.#read();
    void this.#child.status.then(() => {
      this.#exited = true;
      this.#wake();
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Everything it has logged so far. */
  get log(): readonly LogEntry[] {
    return this.#log;
  }

  /** Waits for the first line whose message starts with this. */
  async line(message: string): Promise<LogEntry> {
    const deadline = AbortSignal.timeout(lineMsMax);
    for (;;) {
      const found = this.#log.find((entry) => entry.message.startsWith(message));
      if (found !== undefined) return found;
      if (this.#exited || deadline.aborted) {
        throw new Error(`no line "${message}" in ${JSON.stringify(this.#log.slice(-5))}`);
      }
      await this.#news(deadline);
    }
  }

  /** Holds it still: connections stay open, nothing is answered once this is done. */
  async pause(): Promise<void> {
    await holdStill(this.#child.pid);
  }

  /** Lets it go on after `pause`. */
  resume(): void {
    this.#child.kill("SIGCONT");
  }

  /** Ends it without warning; nothing of it runs any more afterwards. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks it to end; gives its exit code. */
  async stop(): Promise<number> {
    return await this.#end("SIGTERM");
  }

  /** Waits for its own end; gives its exit code. */
  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#reading;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<number> {
    if (!this.#exited) this.#child.kill(signal);
    return await this.ended();
  }

  async #read(): Promise<void> {
    const text = this.#child.stderr.pipeThrough(new TextDecoderStream());
    let rest = "";
    for await (const chunk of text) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      this.#log.push(...lines.filter((line) => line !== "").map(entryOf));
      this.#wake();
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #news(deadline: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    deadline.addEventListener("abort", () => resolve(), { once: true });
    return promise;
  }
}

const streams = { stdin: "null", stdout: "null", stderr: "piped" } as const;

/** As `deno task dev access` runs it. */
const access: ProgramCommand = {
  env: {},
  flags: ["-q", "--no-prompt", "-A"],
  entry: "scripts/access/main.ts",
};

function commandOf(name: ProgramName, options: ProgramOptions): Deno.Command {
  if (options.image !== undefined) return inImage(name, options);
  const { args = [], env = {}, compiled } = options;
  if (compiled === undefined) return fromTask(name, options);
  return new Deno.Command(`${compiled}/${name}`, {
    args: [...args],
    env: { ENV_FILE: "", LOG_FORMAT: "json", ...env },
    ...streams,
  });
}

function fromTask(name: ProgramName, options: ProgramOptions): Deno.Command {
  const { args = [], env = {}, hosts, gid } = options;
  const command = name === "access" ? access : programCommand(name);
  const { flags, entry } = command;
  const net = hosts === undefined ? anyHost : `--allow-net=${hosts.join(",")}`;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags.map((flag) => flag === anyHost ? net : flag), entry, ...args],
    env: { ENV_FILE: "", LOG_FORMAT: "json", ...command.env, ...env },
    ...(gid === undefined ? {} : { gid }),
    ...streams,
  });
}

function inImage(name: ProgramName, { args = [], env = {}, image }: ProgramOptions): Deno.Command {
  const surroundings = ["HOME", "DENO_DIR"].flatMap((variable): [string, string][] => {
    const value = Deno.env.get(variable);
    return value === undefined ? [] : [[variable, value]];
  });
  const path = `${dirname(Deno.execPath())}:/usr/bin:/bin`;
  return new Deno.Command("/bin/sh", {
    args: [`launchers/${name}`, ...args],
    cwd: image ?? "",
    clearEnv: true,
    env: { ...Object.fromEntries(surroundings), PATH: path, ...env },
    ...streams,
  });
}

function entryOf(line: string): LogEntry {
  try {
    return JSON.parse(line);
  } catch {
    return { message: line };
  }
}

import { join } from "node:path";
import { assert } from "../../src/base/assert.ts";
import { outputOf } from "../support/command.ts";
import type { ComposeService } from "../support/compose_file.ts";
import { type Image, joinLayers } from "./image.ts";
import type { MemoryGroup } from "./memory_limit.ts";

/** A folder or file in a container. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
}

/** What a container is made of. */
export interface ContainerOptions {
  /** Of its network namespace, too. */
  readonly name: string;
  readonly hostname: string;
  readonly address: string;
  readonly service: ComposeService;
  readonly image: Image;
  /** That of the image and that of the service. */
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly mounts: readonly Mount[];
  readonly memory: MemoryGroup;
  /** Where its own files are. */
  readonly folder: string;
}

/** Pause before a container that has ended is started again, ms. */
const restartMs = 100;

/**
 * A program in namespaces of its own, over the layers of its image: as the user of the image, without
 * capabilities and new privileges, within its memory limit.
 *
 * Owner: the starter; disposing kills it.
 */
export class Container implements AsyncDisposable {
  readonly options: ContainerOptions;
  readonly #root: string;
  #outer: Deno.ChildProcess | undefined;
  #running: Promise<number> | undefined;
  #isStopping = false;
  /** How often it was started again. */
  restarts = 0;

  private constructor(options: ContainerOptions) {
    this.options = options;
    this.#root = join(options.folder, "root");
  }

  /** Joins the layers; nothing runs yet. */
  static async make(options: ContainerOptions): Promise<Container> {
    const container = new Container(options);
    const upper = join(options.folder, "changes");
    await joinLayers(options.image.layers, upper, container.#root);
    for (const { source, target } of options.mounts) {
      const place = join(container.#root, target);
      if ((await Deno.stat(source)).isDirectory) await Deno.mkdir(place, { recursive: true });
      else await Deno.writeTextFile(place, "", { append: true });
    }
    return container;
  }

  get name(): string {
    return this.options.name;
  }

  get user(): string {
    return this.options.service.user ?? this.options.image.user;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  get logFile(): string {
    return join(this.options.folder, "log");
  }

  /** Runs it, and again as its service says when it ends. */
  start(): void {
    this.#isStopping = false;
    this.#running ??= this.#supervise();
  }

  /** Waits until it has ended permanently; gives its exit code. */
  async ended(): Promise<number> {
    return await this.#running ?? 0;
  }

  /** Number of its first process, seen from here; the program's with `isProgram`. */
  async pid(): Promise<{ readonly first: number; readonly program: number }> {
    const [first = 0] = await childrenOf(this.#outer?.pid ?? 0);
    const [program = 0] = await childrenOf(first);
    return { first, program };
  }

  /** Ends all that runs in it without warning; it is started again as after a crash. */
  async crash(): Promise<void> {
    const { first } = await this.pid();
    Deno.kill(first, "SIGKILL");
    await this.#outer?.status;
  }

  /** Asks the program to end, and kills what takes longer than its service allows. */
  async stop(): Promise<number> {
    this.#isStopping = true;
    const { first, program } = await this.pid();
    if (program === 0) return await this.ended();
    Deno.kill(program, "SIGTERM");
    const grace = milliseconds(this.options.service.stop_grace_period ?? "10s");
    const timer = setTimeout(() => Deno.kill(first, "SIGKILL"), grace);
    const code = await this.ended();
    clearTimeout(timer);
    return code;
  }

  /** Waits for health by the check of its service; fails as that says. */
  async healthy(): Promise<void> {
    const { healthcheck } = this.options.service;
    assert(healthcheck, `${this.name} has a health check`);
    const startedMs = performance.now();
    for (let failures = 0; failures < healthcheck.retries;) {
      if (await this.#isHealthy(healthcheck.test.slice(1), milliseconds(healthcheck.timeout))) {
        return;
      }
      const isOld = performance.now() - startedMs > milliseconds(healthcheck.start_period);
      if (isOld) failures++;
      await new Promise((resolve) => setTimeout(resolve, milliseconds(healthcheck.interval)));
    }
    throw new Error(`${this.name} is not healthy:\n${await this.lastLines()}`);
  }

  /** What a command says inside of it, as its user. */
  async output(command: readonly string[], signal?: AbortSignal): Promise<Deno.CommandOutput> {
    const { program } = await this.pid();
    return await new Deno.Command("nsenter", {
      args: [
        "-t",
        String(program),
        "-m",
        "-n",
        "-p",
        "-i",
        "-u",
        "-r",
        "-w",
        ...this.#asUser(command),
      ],
      clearEnv: true,
      env: this.options.env,
      stdin: "null",
      ...(signal && { signal }),
    }).output();
  }

  async lastLines(): Promise<string> {
    return (await Deno.readTextFile(this.logFile)).split("\n").slice(-25).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    const { first } = await this.pid();
    if (first !== 0) Deno.kill(first, "SIGKILL");
    await this.ended();
    await outputOf("umount", ["--lazy", this.#root]);
  }

  async #supervise(): Promise<number> {
    const [policy, times = "Infinity"] = (this.options.service.restart ?? "no").split(":");
    for (;;) {
      const code = await this.#run();
      const isToRestart = policy === "unless-stopped" || policy === "on-failure" && code !== 0;
      if (this.#isStopping || !isToRestart || this.restarts >= Number(times)) {
        this.#running = undefined;
        return code;
      }
      this.restarts++;
      await new Promise((resolve) => setTimeout(resolve, restartMs));
    }
  }

  async #run(): Promise<number> {
    const { name, memory } = this.options;
    const enter = `echo $$ > ${memory.membersFile} && exec ip netns exec ${name} "$@"`;
    this.#outer = new Deno.Command("/bin/sh", {
      args: [
        ...["-c", `exec >> ${this.logFile} 2>&1; ${enter}`, "sh"],
        ...["bwrap", ...this.#sandbox(), ...this.#asUser(this.options.command)],
      ],
      stdin: "null",
    }).spawn();
    return (await this.#outer.status).code;
  }

  #sandbox(): string[] {
    const { service, image, hostname, env, mounts } = this.options;
    assert(service.cap_drop?.join() === "ALL", `${this.name} drops all capabilities`);
    assert(
      service.security_opt?.join() === "no-new-privileges:true",
      `${this.name}: no privileges`,
    );
    return [
      ...[service.read_only ? "--ro-bind" : "--bind", this.#root, "/"],
      ...["--proc", "/proc", "--dev", "/dev"],
      ...(service.tmpfs ?? []).flatMap((path) => ["--perms", "1777", "--tmpfs", path]),
      ...mounts.flatMap(({ source, target, isReadOnly }) => [
        ...[isReadOnly ? "--ro-bind" : "--bind", source, target],
      ]),
      ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", hostname],
      ...["--die-with-parent", "--new-session"],
      // What it takes to become the user, who then has none.
      ...["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"],
      ...["--cap-add", "CAP_SETPCAP", "--chdir", image.folder],
      ...["--clearenv", ...Object.entries(env).flatMap(([key, value]) => ["--setenv", key, value])],
    ];
  }

  #asUser(command: readonly string[]): string[] {
    return [
      ...["/usr/bin/setpriv", "--reuid", this.user, "--regid", this.user, "--clear-groups"],
      ...["--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"],
      ...command,
    ];
  }

  async #isHealthy(command: readonly string[], msMax: number): Promise<boolean> {
    const { program } = await this.pid();
    if (program === 0) return false;
    return (await this.output(command, AbortSignal.timeout(msMax))).success;
  }
}

/** `5s` in ms. */
export function milliseconds(text: string): number {
  const [, count] = /^(\d+)s$/.exec(text) ?? [];
  assert(count !== undefined, `${text} is a number of seconds`);
  return Number(count) * 1000;
}

async function childrenOf(pid: number): Promise<number[]> {
  if (pid === 0) return [];
  try {
    const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
    return text.split(" ").filter((word) => word !== "").map(Number);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

import assert from "node:assert/strict";
import { join } from "node:path";
import { Program } from "../support/program.ts";

/** A recording to play in place of the simulated market. */
export interface Replay {
  readonly path: string;
  /** Recorded seconds per second. */
  readonly speed: number | "max";
}

/** `start` as a process, with a folder that outlives it. */
export class Started implements AsyncDisposable {
  readonly #data: string;
  readonly #replay: Replay | undefined;
  #program: Program | undefined;
  /** Where its page is; the same after a restart. */
  url = "";

  private constructor(data: string, replay: Replay | undefined) {
    this.#data = data;
    this.#replay = replay;
  }

  /** Starts it on a free port and waits until it serves. */
  static async open(replay?: Replay): Promise<Started> {
    const started = new Started(await Deno.makeTempDir(), replay);
    await started.#run("0");
    return started;
  }

  /** The results file. */
  get results(): string {
    return join(this.#data, "results.db");
  }

  get program(): Program {
    assert(this.#program, "start must run");
    return this.#program;
  }

  /** Starts it again where it was. */
  async restart(): Promise<void> {
    await this.#run(new URL(this.url).port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
    await Deno.remove(this.#data, { recursive: true });
  }

  async #run(port: string): Promise<void> {
    const replay = this.#replay;
    const play = replay ? ["--replay", replay.path, "--speed", String(replay.speed)] : [];
    const args = ["--data", this.#data, "--port", port, ...play];
    this.#program = new Program("start", { args });
    const { message } = await this.#program.line(
      replay ? "Replaying" : "Running on",
    );
    const url = /page\s+(http:\S+)/.exec(message)?.[1];
    assert(url, message);
    this.url = url;
  }
}

import assert from "node:assert/strict";
import type { Client, types } from "cassandra-driver";
import { type Answer, type GuideCommand, guideCommands, runTask } from "./guide.ts";
import { committedBy, ProcessInstance } from "./process_instance.ts";
import { Program } from "./program.ts";

/** What came of a command. */
export type Outcome =
  | { readonly kind: "rows"; readonly rows: readonly types.Row[] }
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "program" };

/** Where a guide is followed. */
export interface GuideSurroundings {
  /** What the reader's `.env` has. */
  readonly env: Readonly<Record<string, string>>;
  readonly client: Client;
  /** Names and folders of the page, and those that stand for them here; the first that fits counts. */
  readonly names: readonly (readonly [string, string])[];
  /** Longest wait for `process` to catch up, ms. */
  readonly catchUpMsMax: number;
}

const tasksThatEnd = ["provision", "carry-over", "state"] as const;

/** A page whose commands are carried out. Owner: the test; disposing kills what still runs. */
export class GuideRun implements AsyncDisposable {
  readonly #sections: ReadonlyMap<string, readonly GuideCommand[]>;
  readonly #surroundings: GuideSurroundings;
  readonly #programs = new AsyncDisposableStack();
  readonly #followed = new Set<string>();
  #process: ProcessInstance | undefined;
  #producer: Program | undefined;

  constructor(page: string, surroundings: GuideSurroundings) {
    this.#sections = guideCommands(page);
    this.#surroundings = surroundings;
  }

  /** Headings whose commands were not carried out. */
  get left(): string[] {
    return [...this.#sections]
      .filter(([heading, commands]) => commands.length > 0 && !this.#followed.has(heading))
      .map(([heading]) => heading);
  }

  get process(): ProcessInstance | undefined {
    return this.#process;
  }

  /**
   * Carries out what stands under a heading; of what goes on running, `process` is waited for.
   *
   * @param items Items that the topic has: `process` has caught up when it has committed them.
   */
  async follow(heading: string, items: number = 0): Promise<Outcome[]> {
    const commands = this.#sections.get(heading);
    assert(commands !== undefined, `the guide has no section "${heading}"`);
    this.#followed.add(heading);
    const outcomes: Outcome[] = [];
    for (const command of commands) {
      if (command.kind === "cql") outcomes.push(await this.#query(command.text));
      if (command.kind === "task") outcomes.push(await this.#run(command, items));
    }
    return outcomes;
  }

  /** Waits until `process` has committed so many items. */
  async caughtUp(items: number): Promise<void> {
    assert(this.#process !== undefined);
    await committedBy([this.#process], items, this.#surroundings.catchUpMsMax);
  }

  /** Ctrl-C for everything that runs. */
  async stop(): Promise<void> {
    if (this.#producer !== undefined) assert.equal(await this.#producer.stop(), 0);
    if (this.#process !== undefined) assert.equal(await this.#process.program?.stop(), 0);
    this.#producer = this.#process = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#programs.disposeAsync();
  }

  async #query(text: string): Promise<Outcome> {
    const cql = this.#here(text).replace(/;$/, "");
    return { kind: "rows", rows: (await this.#surroundings.client.execute(cql)).rows ?? [] };
  }

  async #run(command: GuideCommand & { kind: "task" }, items: number): Promise<Outcome> {
    const own = Object.entries(command.env).map(([name, value]) => [name, this.#here(value)]);
    const env = { ...this.#surroundings.env, ...Object.fromEntries(own) };
    const args = command.args.map((argument) => this.#here(argument));
    const ending = tasksThatEnd.find((task) => task === command.task);
    if (ending !== undefined) return { kind: "answer", answer: await runTask(ending, args, env) };
    if (command.task === "produce") {
      this.#producer = this.#programs.use(new Program("produce", { args, env }));
      return { kind: "program" };
    }
    assert.equal(command.task, "process", "the test does not know this command of the guide");
    if (this.#process !== undefined) assert.equal(await this.#process.program?.stop(), 0);
    this.#process = this.#programs.use(new ProcessInstance({ ...env, HTTP_PORT: "0" }));
    this.#process.start();
    await this.caughtUp(items);
    return { kind: "program" };
  }

  #here(text: string): string {
    const names = this.#surroundings.names;
    const pattern = names.map(([name]) => `(?<![\\w-])${RegExp.escape(name)}(?![\\w-])`).join("|");
    return text.replaceAll(new RegExp(pattern, "g"), (found) => {
      return names.find(([name]) => name === found)?.[1] ?? found;
    });
  }
}

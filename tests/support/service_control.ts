import { assert } from "../../src/base/assert.ts";
import { folders } from "../../scripts/services/folders.ts";
import {
  isRunning,
  killProcess,
  type ProcessHandle,
  signalProcess,
  stopProcess,
} from "../../scripts/services/process.ts";
import { ServiceSet } from "../../scripts/services/service_set.ts";
import type { ServicesSettings } from "../../scripts/services/settings.ts";
import type { MemberState } from "../../scripts/services/state.ts";
import { startServices } from "../../scripts/services/up.ts";
import { holdStill } from "./hold.ts";

/**
 * Breaks and mends one member of a set.
 *
 * Only on a private set: others rely on a shared one.
 */
export class ServiceControl {
  readonly id: string;
  readonly #settings: ServicesSettings;

  constructor(id: string, settings: ServicesSettings) {
    this.id = id;
    this.#settings = settings;
  }

  /** Process id of the last start. */
  get pid(): number | undefined {
    return this.#member().process?.pid;
  }

  /** Where it keeps its data. */
  get dataFolder(): string {
    return folders.data(this.#settings.dir, this.id);
  }

  /** True while its process runs, answering or not. */
  async isRunning(): Promise<boolean> {
    return await isRunning(this.#handle());
  }

  /** Ends it in good order. Its port stays its own. */
  async stop(): Promise<void> {
    await stopProcess(this.#handle(), this.#settings.clock);
  }

  /** Ends it without a chance to tidy up, as `kill -9` does. */
  async kill(): Promise<void> {
    await killProcess(this.#handle(), this.#settings.clock);
  }

  /** Freezes it: connections stay open, nothing is answered once this is done. */
  async pause(): Promise<void> {
    await holdStill(this.#handle().pid);
  }

  /** Lets it go on after `pause`. */
  resume(): void {
    signalProcess(this.#handle(), "SIGCONT");
  }

  /** Starts it again where it was, with the data it had, and waits until it answers. */
  async start(): Promise<void> {
    await startServices({ ...this.#settings, services: [this.#member().service] });
  }

  #handle(): ProcessHandle {
    const { process } = this.#member();
    assert(process, `${this.id} has no process`);
    return process;
  }

  #member(): MemberState {
    const member = this.#set().find(this.id);
    assert(member, `${this.id} is not in ${this.#settings.dir}`);
    return member;
  }

  #set(): ServiceSet {
    return ServiceSet.open(this.#settings.dir, this.#settings.random);
  }
}

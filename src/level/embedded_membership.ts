import { fired } from "../base/signals.ts";
import {
  type AssignmentListener,
  type GroupMembership,
  noTasks,
  type RecordLog,
} from "../streams/ports.ts";

/** A group of one: every partition is ours until the end. */
export class EmbeddedMembership implements GroupMembership {
  readonly #log: Pick<RecordLog, "describe">;

  #reconsidered = Promise.withResolvers<void>();

  /** Everything is this process's own. */
  constructor(log: Pick<RecordLog, "describe">) {
    this.#log = log;
  }

  async run(topic: string, listener: AssignmentListener, signal: AbortSignal): Promise<void> {
    const { partitions } = await this.#log.describe(topic);
    const active = Array.from({ length: partitions }, (_, partition) => partition);
    const stopped = fired(signal);
    while (!signal.aborted) {
      this.#reconsidered = Promise.withResolvers();
      await listener.assigned({ ...noTasks, active });
      await Promise.race([stopped, this.#reconsidered.promise]);
    }
    await listener.assigned(noTasks);
  }

  /** Gives everything again: what ended here may be tried once more. */
  reconsider(): void {
    this.#reconsidered.resolve();
  }

  /** There is no other instance. */
  ownerOf(_partition: number): undefined {
    return undefined;
  }
}

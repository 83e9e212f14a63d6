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

  constructor(log: Pick<RecordLog, "describe">) {
    this.#log = log;
  }

  async run(topic: string, listener: AssignmentListener, signal: AbortSignal): Promise<void> {
    const { partitions } = await this.#log.describe(topic);
    const active = Array.from({ length: partitions }, (_, partition) => partition);
    await listener.assigned({ ...noTasks, active });
    await fired(signal);
    await listener.assigned(noTasks);
  }

  /** Everything is here already. */
  reconsider(): void {}

  /** There is no other instance. */
  ownerOf(_partition: number): undefined {
    return undefined;
  }
}

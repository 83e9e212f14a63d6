import { fired } from "../base/signals.ts";
import type { GroupMembership, RebalanceListener, RecordLog } from "../streams/ports.ts";

/** A group of one: every partition is ours until the end. */
export class EmbeddedMembership implements GroupMembership {
  readonly #log: Pick<RecordLog, "partitionCount">;

  constructor(log: Pick<RecordLog, "partitionCount">) {
    this.#log = log;
  }

  async run(topic: string, listener: RebalanceListener, signal: AbortSignal): Promise<void> {
    const count = await this.#log.partitionCount(topic);
    await listener.assigned(Array.from({ length: count }, (_, partition) => partition));
    await fired(signal);
    await listener.rebalancing();
    await listener.assigned([]);
  }

  /** There is no other instance. */
  addressOf(_partition: number): undefined {
    return undefined;
  }
}

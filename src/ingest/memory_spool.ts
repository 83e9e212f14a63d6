import type { Clock } from "../base/clock.ts";
import { MemoryQueue } from "./memory_queue.ts";
import { Spool } from "./spool.ts";

/** Frames that wait at most, bytes: enough to append while others arrive. */
const bytesMax = 8 * 1024 * 1024;

/** A spool for sources that can wait and be asked again: it ends with the process. */
export function memorySpool(clock: Clock): Spool {
  return new Spool(new MemoryQueue(), { bytesMax, ageMsMax: Infinity, whenFull: "wait" }, clock);
}

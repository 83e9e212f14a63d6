/**
 * A thread of `deno task process`: everything between Kafka and the results. In the main thread,
 * which imports this so that it is part of every copy of the program, it only names itself.
 */
import { serveThread } from "./own_thread.ts";
import type { ThreadPort } from "./thread_link.ts";

/** What a `Worker` is made from. */
export const threadModule: string = import.meta.url;

if ("WorkerGlobalScope" in globalThis) serveThread(globalThis as unknown as ThreadPort);

import { MemoryQueue } from "../../../src/ingest/memory_queue.ts";
import { testStoredQueue } from "../../contract/stored_queue.ts";

testStoredQueue("MemoryQueue", () =>
  Promise.resolve({
    open: () => Promise.resolve(new MemoryQueue()),
    async [Symbol.asyncDispose]() {},
  }));

import { MemoryStores } from "../../../src/streams/testing/memory_stores.ts";
import { testStateStores } from "../../contract/state_stores.ts";

testStateStores("MemoryStores", () =>
  Promise.resolve({
    stores: new MemoryStores(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }));

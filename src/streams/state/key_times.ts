import type { StateStore } from "../ports.ts";
import { decodeKeyState } from "./key_row.ts";
import type { KeyTime } from "../topology/key_state.ts";
import { allKeyStates, keyOf } from "./store_keys.ts";

/** Every key of a store with its time, in the order of their bytes, as of the last commit. */
export async function* keyTimes(store: Pick<StateStore, "scan">): AsyncGenerator<KeyTime> {
  for await (const rows of store.scan(allKeyStates)) {
    for (const { key, value } of rows) yield { key: keyOf(key), state: decodeKeyState(value) };
  }
}

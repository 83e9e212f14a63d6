/**
 * A piece of state by name: `meta`, `key <key>`, `window <key> <start>`,
 * `roll-up/<size> <key> <start>`, `stored <store> <key>` and `stored <store> <key> <time>`.
 */
export type PieceName = string;

interface Version {
  /** First input offset behind which it holds. */
  readonly from: number;
  readonly text: string;
}

/** What each piece of a state was behind every record. */
export class History {
  readonly #versions = new Map<PieceName, Version[]>();

  remember(name: PieceName, from: number, text: string): void {
    const versions = this.#versions.get(name);
    if (versions === undefined) this.#versions.set(name, [{ from, text }]);
    else if (versions.at(-1)?.from === from) versions[versions.length - 1] = { from, text };
    else versions.push({ from, text });
  }

  /** The state behind all records with smaller offsets. */
  stateAt(inputOffset: number, rollUpSizesMs: readonly number[]): Map<PieceName, string> {
    const state = new Map<PieceName, string>();
    for (const [name, versions] of this.#versions) {
      const text = versions.findLast(({ from }) => from < inputOffset)?.text;
      if (text !== undefined && text !== "") state.set(name, text); // what is deleted has none
    }
    purge(state, ["window", ...rollUpSizesMs.map((lengthMs) => `roll-up/${lengthMs}`)]);
    return state;
  }
}

/** Takes out what the key's stream time has left behind by more than the retention. */
function purge(state: Map<PieceName, string>, kinds: readonly string[]): void {
  for (const name of [...state.keys()]) {
    const [kind = "", key, start = ""] = name.split(" ");
    const purged = state.get(`key ${key}`)?.split(" | ")[kinds.indexOf(kind)] ?? "";
    // A session may have begun before what is purged, and be open.
    const open = /\[(.*)\]/.exec(purged)?.[1]?.split(",") ?? [];
    if (open.includes(start)) continue;
    if (Number(start) < Number(purged.split(" ").at(-1))) state.delete(name);
  }
}

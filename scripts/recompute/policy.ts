/** Which trades move what: the rules once more, written apart from the pipeline's own. */
export type Policy = "all" | "consolidated";

/** What a trade moves. */
export interface Moves {
  readonly last: boolean;
  readonly range: boolean;
  readonly volume: boolean;
}

const codes = (list: string): readonly string[] => list.split(" ");
const nothing = codes("16 27 31 34 36 38 39 40 41");
const noPrice = [...nothing, ...codes("3 5 10 11 12 17 22 25 26 37")];
const noVolume = [...nothing, "20"];
const noLast = new Set([...noPrice, ...noVolume, ...codes("9 18 21 30 32")]);
const noRange = new Set(noPrice);
const noSize = new Set(noVolume);

/** What a trade with these conditions moves. */
export function movesOf(policy: Policy, conditions: readonly string[] | null | undefined): Moves {
  const given = policy === "all" ? [] : conditions ?? [];
  return {
    last: !given.some((code) => noLast.has(code)),
    range: !given.some((code) => noRange.has(code)),
    volume: !given.some((code) => noSize.has(code)),
  };
}

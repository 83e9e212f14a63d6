/**
 * Adds a number to an ascending list unless it is there; nearly always at the end, so that is where
 * the search begins.
 *
 * @returns False if it was there.
 */
export function insertSorted(list: number[], value: number): boolean {
  let at = list.length;
  while (at > 0 && (list[at - 1] as number) > value) at--;
  if (list[at - 1] === value) return false;
  list.splice(at, 0, value);
  return true;
}

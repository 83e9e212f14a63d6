/** Tells the files of a run what `deno task test --filter` lets through. */
export const filterVariable = "TEST_FILTER";

/**
 * Whether the filter of this run lets a test through. Deno runs the hooks of a file, too, all of
 * whose tests are filtered out: what starts services there asks first.
 *
 * @param filter Part of a name, or a `/pattern/`; `undefined` lets everything through.
 */
export function isWanted(
  name: string,
  filter: string | undefined = Deno.env.get(filterVariable),
): boolean {
  if (filter === undefined) return true;
  const [, pattern] = /^\/(.*)\/$/s.exec(filter) ?? [];
  return pattern === undefined ? name.includes(filter) : new RegExp(pattern).test(name);
}

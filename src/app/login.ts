/** Problems of a login of which only one half is given; values by variable, not shown. */
export function loginContradictions(
  login: Readonly<Record<string, unknown>>,
): string[] {
  const names = Object.keys(login);
  const given = names.filter((name) => login[name] !== undefined);
  if (given.length === 0) return [];
  return names.filter((name) => login[name] === undefined)
    .map((name) => `${name} must be set with ${given.join(", ")}`);
}

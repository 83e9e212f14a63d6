/** Why no test needs to notice a mutant, by its id. */
export const explained: Readonly<Record<string, string>> = {};

/** Whose data is asked for: of every instance, or of the one that is asked. */
export type Scope = "all" | "local";

/** Says whose data is asked for; instances ask each other for the local one, so that none goes in circles. */
export const scopeParameter = "scope";

import type { Operation } from "../../src/streams/testing/mod.ts";

/** Every moment of a commit at which the test driver can make something go wrong, in order. */
export const commitOperations: readonly Operation[] = [
  "sink-write",
  "sink-written",
  "records-sent",
  "offsets-sent",
  "before-end",
  "after-end",
  "store-apply",
  "store-applied",
];

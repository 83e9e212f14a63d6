/** The pictures in `docs/ARCHITECTURE.md` must be those of the code. */
import assert from "node:assert/strict";
import architecture from "../../../docs/ARCHITECTURE.md" with { type: "text" };
import { commitOperations } from "../../support/commit_operations.ts";
import { simulate } from "../../support/simulation/simulate.ts";
import { transitionLogger } from "../../support/task_transitions.ts";

/** Enough for every transition, the rare ones several times. */
const seeds = 120;

Deno.test("the picture of a task's life has the transitions that tasks make, and no other", async () => {
  const [, picture = ""] = /```mermaid\nstateDiagram-v2\n([\s\S]*?)```/.exec(architecture) ?? [];
  const drawn = [...picture.matchAll(/^ +(\w+ --> \w+)/gm)].map(([, transition = ""]) =>
    transition
  );
  const made = new Set<string>();
  for (let seed = 1; seed <= seeds; seed++) {
    await simulate(seed, { loggerOf: () => transitionLogger(made) });
  }
  assert.deepEqual(drawn.sort(), [...made].sort());
});

Deno.test("the table of crashes names every moment of a commit, in order", () => {
  const [, table = ""] = /^\| killed at [\s\S]*?\n((?:\|.*\n)+)/m.exec(architecture) ?? [];
  const moments = table.split("\n").flatMap((row) => {
    const [, first = ""] = row.split("|");
    return [...first.matchAll(/`([\w-]+)`/g)].map(([, moment]) => moment);
  });
  assert.deepEqual(moments, commitOperations);
});

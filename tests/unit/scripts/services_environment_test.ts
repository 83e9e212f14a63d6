import assert from "node:assert/strict";
import { mergedEnvironment } from "../../../scripts/services/environment.ts";

Deno.test("mergedEnvironment() writes a file that is not there yet", () => {
  assert.equal(mergedEnvironment("", { A: "1", B: "2" }), "A=1\nB=2\n");
});

Deno.test("mergedEnvironment() replaces its own values and keeps every other line", () => {
  const present = "# mine\nFINHUB_SECRET_KEY=k\nA=0\n\n# A=example\nC=3\n\n";
  assert.equal(
    mergedEnvironment(present, { A: "1", B: "2" }),
    "# mine\nFINHUB_SECRET_KEY=k\n\n# A=example\nC=3\nA=1\nB=2\n",
  );
});

import assert from "node:assert/strict";
import { plantedBugs } from "../../scripts/planted_bugs/bugs.ts";

const root = new URL("../../", import.meta.url);

Deno.test("every planted bug finds its text once in its file, and changes it", async () => {
  for (const { name, file, find, replace } of plantedBugs) {
    const text = await Deno.readTextFile(new URL(file, root));
    assert.equal(text.split(find).length - 1, 1, `${name}: "${find}" in ${file}`);
    assert.notEqual(find, replace, name);
  }
});

Deno.test("every planted bug has a name of its own", () => {
  const names = plantedBugs.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});

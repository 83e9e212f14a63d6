/** docs/INPUTS.md names bounds that exist, where they are. */
import assert from "node:assert/strict";

const text = await Deno.readTextFile("docs/INPUTS.md");
const rows = text.split("\n").filter((line) => line.startsWith("|") && line.includes("`src/"));

Deno.test("docs/INPUTS.md names each bound as the file of its row does", async () => {
  assert.ok(rows.length > 40);
  for (const row of rows) {
    const names = [...row.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
    const file = names.find((name) => name.startsWith("src/")) ?? "";
    const source = await Deno.readTextFile(file);
    for (const name of names.filter((name) => /^[a-z]+[A-Z]\w*$/.test(name))) {
      assert.match(source, new RegExp(`\\b${name}\\b`), `${file} has no ${name}`);
    }
  }
});

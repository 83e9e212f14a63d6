/** docs/TABLES.md names what the files of `cql/` define and what the code writes. */
import assert from "node:assert/strict";
import document from "../../../docs/TABLES.md" with { type: "text" };
import { migrationFiles } from "../../../src/cassandra/migration_files.ts";
import { deadLetterCauses } from "../../../src/streams/side_output.ts";

for (const { name, template } of migrationFiles) {
  const [, body, key] = /CREATE TABLE[^(]*\(([^]*?)\s*PRIMARY KEY (\(.*\))$/m.exec(template) ?? [];
  if (body === undefined) continue;
  Deno.test(`docs/TABLES.md shows the key and every column of ${name}`, () => {
    assert(document.includes(`\`${key}\``), key);
    for (const [, column] of body.matchAll(/^\s*(\w+) \w+,$/gm)) {
      assert(document.includes(`\`${column}\``), column);
    }
  });
}

Deno.test("docs/TABLES.md lists the causes of dead letters", () => {
  for (const cause of deadLetterCauses) assert(document.includes(`\`${cause}\``), cause);
});

import assert from "node:assert/strict";
import {
  checksumOf,
  migrationFiles,
  renderStatement,
  schemaMigrationsTemplate,
} from "../../../src/cassandra/migration_files.ts";
import { tableNames } from "../../../src/cassandra/names.ts";
import { expectedShapes, type TableRole } from "../../../src/cassandra/table_shapes.ts";

const placeholders = {
  names: tableNames({ keyspace: "k", tradeTable: "t2", summaryTable: "r2" }),
  replicationFactor: 3,
  datacenter: "east",
};

Deno.test("migrationFiles are numbered without gaps, in order", () => {
  migrationFiles.forEach(({ name }, index) => {
    assert.match(name, new RegExp(`^00${index + 1}_[a-z0-9_]+\\.cql$`));
  });
});

Deno.test.each(migrationFiles.map((file) => [file.name, file] as const))(
  "%s holds one statement about its target that may be repeated",
  (_name, { template, target }) => {
    const statement = renderStatement(template, placeholders).replaceAll(/--.*\n/g, "").trim();
    assert.match(statement, /^(CREATE (TABLE|KEYSPACE) IF NOT EXISTS|ALTER TABLE) [^;]*;$/);
    assert.match(
      statement,
      new RegExp(`(EXISTS|ALTER TABLE) (k\\.)?${placeholders.names[target]}\\b`),
    );
  },
);

Deno.test.each(Object.keys(expectedShapes).map((role) => [role as TableRole]))(
  "the file of %s makes the key and the columns that the statements need",
  (role) => {
    const text = migrationFiles.find(({ target }) => target === role)?.template ?? "";
    const { partitionKey, clusteringKey, columns } = expectedShapes[role];
    const key = [`(${partitionKey.join(", ")})`, ...clusteringKey].join(", ");
    assert.ok(text.includes(`PRIMARY KEY (${key})`), key);
    const made = [...text.matchAll(/^ {2}(\w+) [a-z]+,$/gm)].map((match) => match[1] ?? "");
    assert.deepEqual(made.toSorted(), [...partitionKey, ...clusteringKey, ...columns].toSorted());
  },
);

Deno.test("renderStatement() fills names and replication", () => {
  assert.equal(
    renderStatement("CREATE {{keyspace}}.{{trades}} {{running_averages}} {{replication}}", {
      ...placeholders,
      datacenter: "o'hare",
    }),
    "CREATE k.t2 r2 {'class': 'NetworkTopologyStrategy', 'o''hare': 3}",
  );
});

Deno.test("renderStatement() leaves no placeholder in any file", () => {
  const templates = [...migrationFiles.map(({ template }) => template), schemaMigrationsTemplate];
  for (const template of templates) {
    assert.doesNotMatch(renderStatement(template, placeholders), /\{\{/);
  }
});

Deno.test("renderStatement() stops at an unknown placeholder", () => {
  assert.throws(() => renderStatement("{{tables}}", placeholders), { name: "InvariantError" });
});

Deno.test("checksumOf() is the SHA-256 of the text", () => {
  assert.equal(
    checksumOf("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

import type { Client } from "cassandra-driver";
import { assert } from "../../src/base/assert.ts";
import { PipelineError } from "../../src/base/errors.ts";
import { Secret } from "../../src/base/secret.ts";
import { type ClusterOptions, connectClient } from "../../src/cassandra/client.ts";

/** The administrator that every new Cassandra has; its password is known to everyone. */
const factory = { username: "cassandra", password: new Secret("cassandra") } as const;

/**
 * Connects as the administrator of the options. On a cluster that has none but the factory's, it
 * takes the place of that one, who can log in no more.
 */
export async function connectAdministrator(options: ClusterOptions): Promise<Client> {
  try {
    return await connectClient(options);
  } catch (error) {
    if (!(error instanceof PipelineError && error.code === "SINK_REJECTED")) throw error;
  }
  const { credentials } = options;
  assert(credentials !== undefined, "the administrator has a login");
  const { username, password } = credentials;
  const first = await connectClient({ ...options, credentials: factory });
  try {
    await first.execute(
      `CREATE ROLE IF NOT EXISTS ${username} WITH PASSWORD = '${password.reveal()}' ` +
        "AND LOGIN = true AND SUPERUSER = true",
    );
  } finally {
    await first.shutdown();
  }
  const client = await connectClient(options);
  await client.execute(`ALTER ROLE ${factory.username} WITH LOGIN = false AND SUPERUSER = false`);
  return client;
}

/** The roles that a file such as `cql/roles.cql` creates. */
export function roleNames(text: string): string[] {
  return [...text.matchAll(/^CREATE ROLE IF NOT EXISTS (\w+)/gm)].map(([, name = ""]) => name);
}

/** The statements of a file such as `cql/roles.cql`, with the names in braces replaced. */
export function roleStatements(text: string, names: Readonly<Record<string, string>>): string[] {
  const rendered = text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = names[name];
    assert(value !== undefined, `{{${name}}} stands for something`);
    return value;
  });
  const lines = rendered.split("\n").filter((line) => !line.startsWith("--"));
  return lines.join("\n").split(";").map((statement) => statement.trim()).filter(Boolean);
}

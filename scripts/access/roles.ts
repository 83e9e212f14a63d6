import type { Client } from "cassandra-driver";
import { PipelineError } from "../../src/base/errors.ts";
import { Secret } from "../../src/base/secret.ts";
import { type ClusterOptions, connectClient } from "../../src/cassandra/client.ts";

/** The administrator that every new Cassandra has; its password is known to everyone. */
const factory = { username: "cassandra", password: new Secret("cassandra") } as const;

/** An administrator's login. */
export interface Administrator {
  readonly username: string;
  readonly password: Secret;
}

/**
 * Connects as an administrator of our own. The first time it takes the place of the factory's, who
 * can log in no more.
 */
export async function connectAdministrator(
  options: Omit<ClusterOptions, "credentials">,
  administrator: Administrator,
): Promise<Client> {
  try {
    return await connectClient({ ...options, credentials: administrator });
  } catch (error) {
    if (!(error instanceof PipelineError && error.code === "SINK_REJECTED")) throw error;
  }
  const { username, password } = administrator;
  const first = await connectClient({ ...options, credentials: factory });
  try {
    await first.execute(
      `CREATE ROLE IF NOT EXISTS ${username} WITH PASSWORD = '${password.reveal()}' ` +
        "AND LOGIN = true AND SUPERUSER = true",
    );
  } finally {
    await first.shutdown();
  }
  const client = await connectClient({ ...options, credentials: administrator });
  await client.execute(`ALTER ROLE ${factory.username} WITH LOGIN = false AND SUPERUSER = false`);
  return client;
}

/** The statements of a file such as `cql/roles.cql`, with the names in braces replaced. */
export function roleStatements(text: string, names: Readonly<Record<string, string>>): string[] {
  const rendered = text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = names[name];
    if (value === undefined) throw new TypeError(`There is no password of role ${name}`);
    return value;
  });
  const lines = rendered.split("\n").filter((line) => !line.startsWith("--"));
  return lines.join("\n").split(";").map((statement) => statement.trim()).filter(Boolean);
}

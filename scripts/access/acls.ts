import { assert } from "../../src/base/assert.ts";
import type { AclEntry } from "../../src/kafka/cluster/admin.ts";

/** Kafka's words for rights, with their numbers in its protocol. */
const operations: Readonly<Record<string, number>> = {
  ...{ ALL: 2, READ: 3, WRITE: 4, CREATE: 5, DELETE: 6, ALTER: 7, DESCRIBE: 8 },
  ...{ CLUSTER_ACTION: 9, DESCRIBE_CONFIGS: 10, ALTER_CONFIGS: 11, IDEMPOTENT_WRITE: 12 },
};
const resources: Readonly<Record<string, number>> = {
  ...{ TOPIC: 2, GROUP: 3, CLUSTER: 4, TRANSACTIONAL_ID: 5 },
};
const patterns: Readonly<Record<string, number>> = { LITERAL: 3, PREFIXED: 4 };
const allow = 3;

/** What the names in braces stand for. */
export interface AclNames {
  readonly topic: string;
  readonly application: string;
}

/**
 * The entries of a file such as `compose/kafka.acl`: role, operations, resource, pattern and name
 * in each line.
 *
 * @throws {InvariantError} If a line holds a word that Kafka does not have.
 */
export function aclEntries(text: string, names: AclNames): AclEntry[] {
  return text.split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .flatMap((line) => entriesOf(line, names));
}

function entriesOf(line: string, { topic, application }: AclNames): AclEntry[] {
  const [role = "", words = "", resource = "", pattern = "", name = ""] = line.split(/\s+/);
  return words.split(",").map((operation) => ({
    principal: `User:${role}`,
    host: "*",
    permissionType: allow,
    operation: numbered(operations, operation, line),
    resourceType: numbered(resources, resource, line),
    resourcePatternType: numbered(patterns, pattern, line),
    resourceName: name.replace("{{topic}}", topic).replace("{{application}}", application),
  }));
}

function numbered(
  words: Readonly<Record<string, number>>,
  word: string,
  line: string,
): number {
  const value = words[word];
  assert(value !== undefined, `${word} in "${line}" is a word of Kafka`);
  return value;
}

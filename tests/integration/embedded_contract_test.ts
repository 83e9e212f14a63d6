/** The embedded log passes the suites that Kafka passes. */
import { EmbeddedCommitLog } from "../../src/level/embedded_commit_log.ts";
import { EmbeddedLog } from "../../src/level/embedded_log.ts";
import { EmbeddedMembership } from "../../src/level/embedded_membership.ts";
import { EmbeddedSchemas } from "../../src/level/embedded_schemas.ts";
import { LogDatabase } from "../../src/level/log_database.ts";
import { appenderContract } from "../contract/appender.ts";
import { commitLogContract } from "../contract/commit_log.ts";
import { type LogHarness, uniqueName } from "../contract/log_harness.ts";
import { membershipContract } from "../contract/membership.ts";
import { recordSizesContract } from "../contract/record_sizes.ts";
import { recordLogContract } from "../contract/record_log.ts";
import { schemaRegistryContract } from "../contract/schema_registry.ts";

async function temporaryDatabase(): Promise<{ database: LogDatabase; remove(): Promise<void> }> {
  const folder = await Deno.makeTempDir({ prefix: "embedded-" });
  const database = await LogDatabase.open(`${folder}/log`, []);
  return {
    database,
    async remove() {
      await database[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function open(): Promise<LogHarness> {
  const { database, remove } = await temporaryDatabase();
  const log = new EmbeddedLog(database);
  return {
    log,
    async createTopic(partitions) {
      const name = uniqueName("topic");
      await database.addTopic({ name, partitions, cleanup: "consumed", keepRecords: 1_000_000 });
      return name;
    },
    appender: () => new EmbeddedLog(database),
    membership: () => new EmbeddedMembership(log),
    commitLog: (applicationId) => new EmbeddedCommitLog(database, applicationId),
    async truncate(place, before) {
      await database.write((batch) => batch.trim(database.partition(place), before));
    },
    [Symbol.asyncDispose]: remove,
  };
}

recordLogContract("EmbeddedLog", open);
appenderContract("EmbeddedLog", open);
commitLogContract("EmbeddedCommitLog", open);
recordSizesContract("EmbeddedLog", open, { unbounded: true });
membershipContract("EmbeddedMembership", open, { alone: true });
schemaRegistryContract("EmbeddedSchemas", async () => {
  const { database, remove } = await temporaryDatabase();
  return { registry: new EmbeddedSchemas(database), prefix: "", [Symbol.asyncDispose]: remove };
});

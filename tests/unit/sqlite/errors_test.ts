import assert from "node:assert/strict";
import { sqliteError } from "../../../src/sqlite/errors.ts";

const thrown = (message: string, errcode?: number) =>
  Object.assign(new Error(message), { errcode });

Deno.test.each([
  ["a lock", thrown("database is locked", 5), "SINK_UNAVAILABLE"],
  ["a lock with an extended code", thrown("busy", 517), "SINK_UNAVAILABLE"],
  ["a lock met by exec, which gives no code", thrown("database is locked"), "SINK_UNAVAILABLE"],
  ["a locked table", thrown("table", 6), "SINK_UNAVAILABLE"],
  ["a full disk", thrown("database or disk is full", 13), "SINK_UNAVAILABLE"],
  ["a full disk met by exec", thrown("database or disk is full"), "SINK_UNAVAILABLE"],
  ["a full disk below the index of the log", thrown("disk I/O error", 4874), "SINK_UNAVAILABLE"],
  ["a damaged file", thrown("database disk image is malformed", 11), "SINK_REJECTED"],
  ["a damaged file met by exec", thrown("database disk image is malformed"), "SINK_REJECTED"],
  ["anything else", "a text", "SINK_REJECTED"],
])("sqliteError() judges %s", (_why, cause, code) => {
  assert.equal(sqliteError("write 3 rows", "results.db", cause).code, code);
});

Deno.test("sqliteError() names action, file and state, and keeps the cause", () => {
  const cause = thrown("database or disk is full", 13);
  const error = sqliteError("write 3 rows", "results.db", cause);
  assert.equal(
    error.message,
    'Cannot write 3 rows in SQLite file "results.db": check that the disk has room: ' +
      "database or disk is full",
  );
  assert.equal(error.cause, cause);
});

Deno.test("sqliteError() of a damaged file asks for another, made from what is left of the input", () => {
  const error = sqliteError("write 3 rows", "results.db", thrown("file is not a database", 26));
  assert.match(error.message, /: move the damaged file away: file is not a database$/);
  assert.equal(error.remedy, "reset");
});

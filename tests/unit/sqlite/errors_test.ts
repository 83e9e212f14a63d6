import assert from "node:assert/strict";
import { sqliteError } from "../../../src/sqlite/errors.ts";

const thrown = (message: string, errcode?: number) =>
  Object.assign(new Error(message), { errcode });

Deno.test.each([
  ["a lock", thrown("database is locked", 5), "SINK_UNAVAILABLE"],
  ["a lock with an extended code", thrown("busy", 517), "SINK_UNAVAILABLE"],
  ["a lock met by exec, which gives no code", thrown("database is locked"), "SINK_UNAVAILABLE"],
  ["a locked table", thrown("table", 6), "SINK_UNAVAILABLE"],
  ["a full disk", thrown("database or disk is full", 13), "SINK_REJECTED"],
  ["a damaged file", thrown("database disk image is malformed", 11), "SINK_REJECTED"],
  ["anything else", "a text", "SINK_REJECTED"],
])("sqliteError() judges %s", (_why, cause, code) => {
  assert.equal(sqliteError("write 3 rows", "results.db", cause).code, code);
});

Deno.test("sqliteError() names action, file and state, and keeps the cause", () => {
  const cause = thrown("database or disk is full", 13);
  const error = sqliteError("write 3 rows", "results.db", cause);
  assert.equal(
    error.message,
    'Cannot write 3 rows in SQLite file "results.db": database or disk is full',
  );
  assert.equal(error.cause, cause);
});

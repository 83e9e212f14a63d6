import assert from "node:assert/strict";
import {
  type CommitMetadata,
  isSameCommit,
  parseCommitMetadata,
  writeCommitMetadata,
} from "../../../src/streams/commit/commit_metadata.ts";

const lineage = {
  topic: "input",
  topicId: "i",
  partitions: 3,
  changelogId: "c",
  repartitionId: "",
  others: [{ topic: "other", topicId: "o", partitions: 3 }],
};
const full: CommitMetadata = {
  changelogPosition: 12,
  shownTo: 0,
  id: "x1",
  leaderEpoch: 0,
  lineage,
  closed: true,
};

Deno.test.each([
  { what: "everything", metadata: full },
  { what: "no epoch", metadata: { ...full, leaderEpoch: undefined } },
  { what: "no other inputs", metadata: { ...full, lineage: { ...lineage, others: [] } } },
  { what: "more to come", metadata: { ...full, closed: false } },
])("parseCommitMetadata() reads $what as it was written", ({ metadata }) => {
  assert.deepEqual(parseCommitMetadata(writeCommitMetadata(metadata)), metadata);
});

/** The text of a commit in which a part has another value; `lineage.…` for one of that. */
function withPart(part: string, value: unknown): string {
  const written = JSON.parse(writeCommitMetadata(full));
  const [name = "", inner] = part.split(".");
  if (inner === undefined) written[name] = value;
  else written[name][inner] = value;
  return JSON.stringify(written);
}

const other = { topic: "other", topicId: "o", partitions: 3 };

Deno.test.each([
  { part: "changelog", value: -1 },
  { part: "changelog", value: 0.5 },
  { part: "shown", value: "1" },
  { part: "epoch", value: -1 },
  { part: "id", value: 7 },
  { part: "lineage", value: null },
  { part: "lineage", value: "text" },
  { part: "lineage.topic", value: 1 },
  { part: "lineage.topicId", value: null },
  { part: "lineage.changelogId", value: 1 },
  { part: "lineage.repartitionId", value: 1 },
  { part: "lineage.partitions", value: "3" },
  { part: "lineage.others", value: {} },
  { part: "lineage.others", value: [other, null] },
  { part: "lineage.others", value: ["text"] },
  { part: "lineage.others", value: [{ ...other, topic: 1 }] },
  { part: "lineage.others", value: [{ ...other, topicId: 1 }] },
  { part: "lineage.others", value: [{ ...other, partitions: -1 }] },
])("parseCommitMetadata() takes $part of $value for another writer's", ({ part, value }) => {
  assert.equal(parseCommitMetadata(withPart(part, value)), undefined);
});

Deno.test.each(["", "text", "null", "7", '"text"', "[]", "{}"])(
  "parseCommitMetadata() takes %j for another writer's",
  (metadata) => {
    assert.equal(parseCommitMetadata(metadata), undefined);
  },
);

Deno.test("parseCommitMetadata() takes a lineage without other inputs for one of none", () => {
  assert.ok(parseCommitMetadata(withPart("lineage.others", undefined)) !== undefined);
});

Deno.test("isSameCommit() tells commits apart", () => {
  const committed = { offset: 5, metadata: writeCommitMetadata(full) };
  assert.ok(isSameCommit(undefined, undefined));
  assert.ok(isSameCommit(committed, { ...committed }));
  assert.ok(!isSameCommit(committed, { ...committed, offset: 6 }));
  assert.ok(!isSameCommit(committed, { ...committed, metadata: "" }));
  assert.ok(!isSameCommit(committed, undefined));
});

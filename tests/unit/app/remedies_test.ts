import assert from "node:assert/strict";
import { folderRemedies, kafkaRemedies } from "../../../src/app/remedies.ts";
import { parseStateOptions } from "../../../scripts/state/options.ts";

const remedies = Object.entries({
  process: kafkaRemedies,
  start: folderRemedies(".data"),
  "start elsewhere": folderRemedies("/data of mine/it's here"),
}).flatMap(([program, texts]) =>
  Object.entries(texts).map(([remedy, text]) => ({ program, remedy, text }))
);

Deno.test.each(remedies)("remedy $remedy of $program names a command that parses", ({ text }) => {
  if (text.includes("kafka-topics")) return; // Kafka's own, not ours
  const [, task, args = ""] = /"deno task (\w+)(?: (.*))?"$/.exec(text) ?? [];
  assert.ok(task === "provision" || task === "state", text);
  if (task === "state") parseStateOptions(shellWords(args));
});

/** As a shell takes a line apart: single quotes keep spaces together. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/(?:[^\s'\\]|'[^']*'|\\.)+/g)]
    .map(([word]) => word.replaceAll(/'([^']*)'|\\(.)/g, "$1$2"));
}

Deno.test("folderRemedies() names the folder as a shell takes it", () => {
  const { reset } = folderRemedies("/data of mine/it's here");
  const command = /"deno task state (.*)"$/.exec(reset)?.[1] ?? "";
  assert.deepEqual(shellWords(command), ["reset", "--yes", "--data", "/data of mine/it's here"]);
});

import assert from "node:assert/strict";
import { parseOptions } from "../../../src/app/options.ts";
import type { Setting } from "../../../src/app/setting.ts";

const file: Setting<string> = {
  option: "--file",
  form: "a file",
  meaning: "",
  parse: (text) => text,
};
const fast: Setting<string> = { ...file, option: "--fast", flag: true };

Deno.test.each([
  { args: ["--file", "a"], want: { "--file": "a" } },
  { args: ["--file=a=b"], want: { "--file": "a=b" } },
  { args: ["--file", "-"], want: { "--file": "-" } },
  { args: ["--fast", "--file", "a"], want: { "--fast": "true", "--file": "a" } },
  { args: ["--file", "a", "--file", "b"], want: { "--file": "b" } },
])("parseOptions() reads $args", ({ args, want }) => {
  const { given, problems } = parseOptions([file, fast], args);
  assert.deepEqual([given, problems], [want, []]);
});

Deno.test("parseOptions() names what it does not know and what lacks a value", () => {
  const { problems } = parseOptions([file, fast], ["day.jsonl", "--fiel", "--file", "--fast"]);
  assert.deepEqual(problems, [
    'Argument "day.jsonl" must be one of --file, --fast: it is not known',
    'Argument "--fiel" must be one of --file, --fast: it is not known',
    "--file must be a file: no value follows it",
  ]);
});

Deno.test("parseOptions() says of a program without options that it takes none", () => {
  assert.deepEqual(parseOptions([], ["--x"]).problems, [
    'Argument "--x" must be absent: it is not known',
  ]);
});

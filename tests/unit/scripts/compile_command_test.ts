import assert from "node:assert/strict";
import config from "../../../deno.json" with { type: "json" };
import { compileArguments, compiledPrograms } from "../../../scripts/compile/command.ts";
import { parseTask } from "../../../scripts/lib/task_flags.ts";

const leftOut = ["/cache/bintrees/1.0.2/test"];

Deno.test("parseTask() takes variables, flags and file apart, without the reading of .env", () => {
  const command = "A=1 B=x deno run -q --env-file --allow-env=A,B --allow-net src/x.ts";
  assert.deepEqual(parseTask(command), {
    environment: { A: "1", B: "x" },
    flags: ["-q", "--allow-env=A,B", "--allow-net"],
    entry: "src/x.ts",
  });
});

for (const program of compiledPrograms) {
  Deno.test(`compileArguments() bakes exactly the permissions of task ${program}`, () => {
    const permission = (word: string) => /^--(allow|deny|ignore|no-prompt)/.test(word);
    const args = compileArguments({ program, folder: "dist", target: undefined, leftOut });
    const task = config.tasks[program].command.split(" ");
    assert.deepEqual(args.filter(permission), task.filter(permission));
    assert.equal(args.at(-1), `src/${program}.ts`);
    assert(args.includes(`--output=dist/${program}`));
    assert(args.includes("--exclude=/cache/bintrees/1.0.2/test"));
    // It would put the content of .env, the key, into the result.
    assert(!args.some((arg) => arg.startsWith("--env-file")));
  });
}

Deno.test("compileArguments() names the result for another system after it", () => {
  const target = "aarch64-apple-darwin";
  const args = compileArguments({ program: "produce", folder: "/out", target, leftOut: [] });
  assert(args.includes("--target=aarch64-apple-darwin"));
  assert(args.includes("--output=/out/produce-aarch64-apple-darwin"));
  assert(!args.some((arg) => arg.startsWith("--exclude=")));
});

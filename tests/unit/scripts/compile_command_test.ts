import assert from "node:assert/strict";
import config from "../../../deno.json" with { type: "json" };
import { compileArguments, compiledPrograms } from "../../../scripts/compile/command.ts";

const leftOut = ["/cache/bintrees/1.0.2/test"];

for (const program of compiledPrograms) {
  Deno.test(`compileArguments() bakes the permission set of task ${program}`, () => {
    const args = compileArguments({ program, folder: "dist", target: undefined, leftOut });
    assert(config.tasks[program].command.includes(` -P=${program} `));
    assert(args.includes(`-P=${program}`));
    assert(!args.some((arg) => arg.startsWith("--allow")));
    assert.equal(args.at(-1), `src/${program}.ts`);
    assert(args.includes(`--output=dist/${program}`));
    assert(args.includes("--exclude=/cache/bintrees/1.0.2/test"));
  });
}

Deno.test("compileArguments() names the result for another system after it", () => {
  const target = "aarch64-apple-darwin";
  const args = compileArguments({ program: "produce", folder: "/out", target, leftOut: [] });
  assert(args.includes("--target=aarch64-apple-darwin"));
  assert(args.includes("--output=/out/produce-aarch64-apple-darwin"));
  assert(!args.some((arg) => arg.startsWith("--exclude=")));
});

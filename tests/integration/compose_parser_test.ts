/** The real parser reads the compose file as the tests of its content do. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import composeText from "../../compose/compose.yaml" with { type: "text" };
import { root } from "../../scripts/lib/source_files.ts";
import { parseComposeFile } from "../support/compose_file.ts";
import { composeParser, parseProfile } from "../support/compose_parser.ts";
import { say } from "../support/say.ts";

const parser = await composeParser();
if (parser === undefined) say("not run: the real compose parser, as there is no docker and no go");

const { services } = parseComposeFile(composeText);

for (const profile of ["feed", "live", "dev"]) {
  Deno.test({
    name: `Compose itself reads compose.yaml in profile ${profile}`,
    ignore: parser === undefined,
    async fn() {
      assert(parser);
      const parsed = await parseProfile(parser, profile);
      const expected = Object.keys(services).filter((name) =>
        services[name]?.profiles?.includes(profile) ?? true
      );
      assert.deepEqual(Object.keys(parsed).sort(), expected.sort());
      for (const [name, { build, volumes = [] }] of Object.entries(parsed)) {
        const mounted = volumes.filter(({ type }) => type === "bind").map(({ source }) => source);
        for (const source of mounted) await Deno.stat(source);
        if (build === undefined) continue;
        assert.deepEqual(mounted, [], name);
        assert.equal(resolve(build.context), resolve(root), name);
        await Deno.stat(resolve(build.context, build.dockerfile));
      }
    },
  });
}

import assert from "node:assert/strict";
import { parseDockerfile } from "../../images/dockerfile.ts";

Deno.test("parseDockerfile() joins lines, fills arguments in and takes flags off", () => {
  const stages = parseDockerfile(`# syntax=docker/dockerfile:1
ARG DENO=2.9.6@sha256:00

FROM denoland/deno:\${DENO} AS base
# a comment
ENV A=1 \\
    B="two words"
HEALTHCHECK --interval=10s --timeout=5s \\
    CMD ["true"]

FROM base AS last
COPY --from=base --chown=a:b /x /y
`);
  assert.deepEqual(stages, [
    {
      name: "base",
      from: "denoland/deno",
      tag: "2.9.6",
      instructions: [
        { name: "ENV", flags: {}, text: 'A=1      B="two words"' },
        { name: "HEALTHCHECK", flags: { interval: "10s", timeout: "5s" }, text: 'CMD ["true"]' },
      ],
    },
    {
      name: "last",
      from: "base",
      tag: undefined,
      instructions: [{ name: "COPY", flags: { from: "base", chown: "a:b" }, text: "/x /y" }],
    },
  ]);
  assert.throws(() => parseDockerfile("RUN true\n"), /RUN stands before FROM/);
  assert.throws(() => parseDockerfile("FROM base\n"), /has no name/);
});

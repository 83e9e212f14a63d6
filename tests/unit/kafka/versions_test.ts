import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { isPassing, toPipelineError } from "../../../src/kafka/wire/errors.ts";
import { checkRelease, negotiate } from "../../../src/kafka/wire/versions.ts";

const fetch = { apiKey: 1, apiName: "Fetch", versions: { min: 12, max: 17 } };

/** A broker that speaks versions of Fetch and nothing else. */
function speaking(minVersion: number, maxVersion: number) {
  return { 1: { minVersion, maxVersion } };
}

for (
  const [minVersion, maxVersion, version] of [[0, 12, 12], [4, 15, 15], [4, 18, 17], [17, 30, 17]]
) {
  Deno.test(`negotiate() takes ${version} where the broker speaks ${minVersion} to ${maxVersion}`, () => {
    assert.equal(negotiate(fetch, speaking(minVersion ?? 0, maxVersion ?? 0), "b:1"), version);
  });
}

for (
  const [what, spoken, text] of [
    ["an older broker", speaking(0, 11), "b:1 speaks Fetch 0 to 11, this program 12 to 17"],
    ["a newer broker", speaking(18, 20), "b:1 speaks Fetch 18 to 20, this program 12 to 17"],
    ["another server", {}, "b:1 does not speak Fetch"],
  ] as const
) {
  Deno.test(`negotiate() names both sides to ${what}, once and permanently`, () => {
    assert.throws(() => negotiate(fetch, spoken, "b:1"), (error) => {
      assert.ok(!isPassing(error));
      const wrapped = toPipelineError(error, "read t-0");
      assert.ok(wrapped instanceof PipelineError);
      assert.equal(wrapped.code, "BROKER_UNSUITABLE");
      assert.equal(
        wrapped.message,
        `Cannot read t-0 as the broker must be of a release that this program supports: ${text}`,
      );
      return true;
    });
  });
}

Deno.test("checkRelease() takes Kafka 3.6 and newer, and says of an older one that it is old", () => {
  const transactions = (maxVersion: number) => ({ 24: { minVersion: 0, maxVersion } });
  checkRelease(transactions(4), "b:1");
  for (const spoken of [transactions(3), {}]) {
    assert.throws(() => checkRelease(spoken, "b:1"), {
      name: "VersionFault",
      message: "b:1 is older than Kafka 3.6",
    });
  }
});

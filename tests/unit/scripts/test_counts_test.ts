import assert from "node:assert/strict";
import { countsOf, sum, summaryLine, withExitCode } from "../../../scripts/lib/test_counts.ts";

const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="4" failures="2" errors="0" time="0.023">
  <testsuite name="./a_test.ts" tests="4" disabled="1" errors="0" failures="2">
    <testcase name="fine &lt;failure>" classname="./a_test.ts" time="0.001"></testcase>
    <testcase name="steps" classname="./a_test.ts" time="0.003">
      <failure message="1 test step failed">1 test step failed.</failure>
    </testcase>
    <testcase name="ignored" classname="./a_test.ts" time="0.000"><skipped/></testcase>
    <testcase name="steps &gt; one" classname="./a_test.ts" time="0.000">
      <failure message="x">Error: x &lt;/testcase&gt;</failure>
    </testcase>
  </testsuite>
</testsuites>`;

Deno.test("countsOf() counts steps, failures and what was skipped, and a failed step once", () => {
  assert.deepEqual(countsOf(report), { passed: 1, failed: 1, skipped: 1 });
  assert.deepEqual(countsOf(""), { passed: 0, failed: 0, skipped: 0 });
});

Deno.test("withExitCode() turns a bad end into at least one failure", () => {
  const passed = { passed: 3, failed: 0, skipped: 0 };
  assert.equal(withExitCode(passed, 0).failed, 0);
  assert.equal(withExitCode(passed, 1).failed, 1);
  assert.equal(withExitCode({ ...passed, failed: 2 }, 1).failed, 2);
});

Deno.test("summaryLine() names skipped tests only if there are any", () => {
  const counts = sum([
    { passed: 1, failed: 0, skipped: 0 },
    { passed: 2, failed: 1, skipped: 0 },
  ]);
  assert.equal(summaryLine(counts), "3 passed, 1 failed");
  assert.equal(summaryLine({ ...counts, skipped: 4 }), "3 passed, 1 failed, 4 skipped");
});

/** What became of tests; steps count as tests. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const noTests: TestCounts = { passed: 0, failed: 0, skipped: 0 };

/** How the report says of a test that it failed in steps, which are cases of their own. */
const failedInSteps = /<failure message="\d+ test steps? failed"/;

/** Counts the cases of a JUnit report as `deno test` writes it; what failed in a step, once. */
export function countsOf(junit: string): TestCounts {
  const cases = junit.split("<testcase ").slice(1)
    .map((text) => text.split("</testcase>")[0] ?? "")
    .filter((text) => !failedInSteps.test(text));
  const failed = cases.filter((text) => /<(failure|error)[ >/]/.test(text)).length;
  const skipped = cases.filter((text) => /<skipped[ >/]/.test(text)).length;
  return { passed: cases.length - failed - skipped, failed, skipped };
}

/** A run that did not end well has failed at least once, whatever its report says. */
export function withExitCode(counts: TestCounts, exitCode: number): TestCounts {
  return exitCode === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

export function sum(all: readonly TestCounts[]): TestCounts {
  return all.reduce((left, right) => ({
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
  }), noTests);
}

/** `3 passed, 0 failed`, and how many were skipped if any was. */
export function summaryLine({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

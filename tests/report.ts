/** What a lane (a Mocha process, see run.ts) sends to its parent: text to print, or its results at the end. */
export type LaneEvent = { text: string } | LaneReport;

export interface LaneReport {
  passes: number;
  failures: number;
  pending: number;
  /** Mocha's list of failures. */
  epilogue?: string;
  /** Seconds by part (a folder of tests/), with hooks. */
  parts: Record<string, number>;
  /** The slowest tests of the lane. */
  slowest: { title: string; seconds: number }[];
}

/** The number of tests that a report names as the slowest. */
export const slowestCount = 10;

const formatSeconds = (seconds: number) =>
  `${seconds.toFixed(1)} s`.padStart(8);

/**
 * Prints the failures, how long each part took, the slowest tests, and the counts as the last line.
 * @returns the number of failures
 */
export function printSummary(reports: LaneReport[]): number {
  const sum = (count: (report: LaneReport) => number) =>
    reports.reduce((total, report) => total + count(report), 0);
  for (const { epilogue } of reports) if (epilogue) console.log(epilogue);
  const parts = new Map<string, number>();
  for (const report of reports)
    for (const [part, seconds] of Object.entries(report.parts))
      parts.set(part, (parts.get(part) ?? 0) + seconds);
  for (const [part, seconds] of parts)
    console.log(`  ${part.padEnd(16)} ${formatSeconds(seconds)}`);
  console.log("\n  The slowest tests:");
  for (const { title, seconds } of reports
    .flatMap(({ slowest }) => slowest)
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, slowestCount))
    console.log(`  ${formatSeconds(seconds)} ${title}`);
  const failures = sum((report) => report.failures);
  const pending = sum((report) => report.pending);
  console.log(
    `\n${sum(({ passes }) => passes)} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ""}`,
  );
  return failures;
}

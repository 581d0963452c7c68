import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The benchmarks, in the order of the page. */
const benchmarks = [
  { command: "bench", subject: "deployments", report: "results.md" },
  { command: "bench:scale", subject: "many services", report: "scale.md" },
  { command: "bench:auth", subject: "auth", report: "auth.md" },
  { command: "bench:payment", subject: "payment", report: "payment.md" },
  { command: "bench:streaming", subject: "streaming", report: "streaming.md" },
];

const page = join(import.meta.dirname, "../docs/performance.md");
const start =
  "<!-- Below: bench/*.md, copied by `npm run bench:docs` and by each benchmark. -->\n";

/** The text of docs/performance.md with the reports as they are now. Its introduction is written by hand. */
export function performancePage(current: string): string {
  const [introduction, ...rest] = current.split(start);
  if (introduction === undefined || rest.length !== 1)
    throw new Error(`${page} must contain this line once: ${start}`);
  const sections = benchmarks.map(({ command, subject, report }) => {
    const text = readFileSync(join(import.meta.dirname, report), "utf8");
    return `\n## \`npm run ${command}\`: ${subject}\n\n${text}`;
  });
  return `${introduction}${start}${sections.join("")}`;
}

/** Copies the reports into docs/performance.md. */
export const updatePerformancePage = (): void =>
  writeFileSync(page, performancePage(readFileSync(page, "utf8")));

if (import.meta.main) updatePerformancePage();

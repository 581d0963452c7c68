import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { updatePerformancePage } from "./performance-page.ts";

export const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** Writes a benchmark's tables to a file beside this one and to standard output. */
export function writeReport(
  file: string,
  conditions: string,
  tables: string,
): void {
  const today = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} cores and ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const text = `Measured on ${today}, on ${machine}${conditions}.\n\n${tables.trim()}\n`;
  writeFileSync(join(import.meta.dirname, file), text);
  updatePerformancePage();
  console.log(text);
}

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The project's folder. */
export const project = join(import.meta.dirname, "../../..");

export const read = (file: string) => readFileSync(join(project, file), "utf8");

/** The Markdown files of the project. */
export const markdownFiles = (): string[] =>
  execFileSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    { cwd: project, encoding: "utf8" },
  )
    .trim()
    .split("\n");

/** The contents of the fenced blocks of shell code. */
export const shellBlocks = (markdown: string): string[] =>
  [...markdown.matchAll(/^```sh\n(.*?)^```/gms)].map(
    ([, block]) => block ?? "",
  );

/** A row of a table, without the header rows. */
export interface TableRow {
  /** The text of the nearest heading above. */
  heading: string;
  cells: string[];
}

/** The rows of all tables of a Markdown file. */
export function tableRows(file: string): TableRow[] {
  const rows: TableRow[] = [];
  let heading = "";
  let isBody = false;
  for (const line of read(file).split("\n")) {
    heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
    if (!line.startsWith("|")) isBody = false;
    else if (/^\|[\s:|-]+\|$/.test(line)) isBody = true;
    else if (isBody) rows.push({ heading, cells: cellsOf(line) });
  }
  return rows;
}

const cellsOf = (line: string) =>
  line
    .slice(1, line.lastIndexOf("|"))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

/** The texts in `code` of a piece of Markdown. */
export const codeOf = (markdown: string): string[] =>
  [...markdown.matchAll(/`([^`]+)`/g)].map(([, text]) => String(text));

/** The text of a section below the title, until the next heading. */
export function sectionOf(file: string, heading: string): string {
  const sections = read(file).split(/^#{2,} /m);
  const section = sections.find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined)
    throw new Error(`${file} has no section "${heading}"`);
  return section;
}

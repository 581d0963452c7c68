import markdownIt from "markdown-it";
import type { Rule } from "markdownlint";
import { lint } from "markdownlint/promise";

/** The lines that a rule reports in a Markdown text. */
export async function linesReported(
  rule: Rule,
  text: string,
  file = "docs/example.md",
): Promise<number[]> {
  const { [file]: issues = [] } = await lint({
    strings: { [file]: text },
    config: { default: false, [String(rule.names[0])]: true },
    customRules: [rule],
    markdownItFactory: () => markdownIt(),
  });
  return issues.map(({ lineNumber }) => lineNumber);
}

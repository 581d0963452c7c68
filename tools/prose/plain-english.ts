import type { Rule } from "markdownlint";
import { checkProse } from "./rules.ts";

/** A rule for markdownlint: prose without the habits in rules.ts. */
const plainEnglish: Rule = {
  names: ["plain-english"],
  description: "Prose is plain English",
  tags: ["marquee"],
  parser: "markdownit",
  function({ parsers }, onError) {
    for (const token of parsers.markdownit.tokens) {
      if (token.type !== "inline") continue;
      const text = (token.children ?? []).map(textOf).join("");
      for (const { index, found, instead } of checkProse(text))
        onError({
          lineNumber:
            token.lineNumber + text.slice(0, index).split("\n").length - 1,
          detail: `“${found}”: ${instead}`,
        });
    }
  },
};

/** Code takes a word's place, so that rules see whole sentences. */
function textOf({ type, content }: { type: string; content: string }): string {
  if (type === "softbreak" || type === "hardbreak") return "\n";
  return type === "code_inline" ? "code" : content;
}

export default plainEnglish;

import assert from "node:assert/strict";
import { suggestion } from "../../config/issues.ts";

describe("suggestion", () => {
  const rows: [word: string, words: string[], near: string | undefined][] = [
    ["max", ["min", "max"], "max"],
    ["mx", ["min", "max"], "max"],
    ["mx", ["max", "min"], "max"],
    ["mi", ["max", "min"], "min"],
    ["MAX", ["mix", "max"], "max"],
    ["maximum", ["minimums", "Maximum", "maximal"], "Maximum"],
    // The first of two equally near words.
    ["mux", ["max", "mix"], "max"],
    ["mux", ["mix", "max"], "mix"],
    // At most two edits.
    ["replica", ["image", "replicas"], "replicas"],
    ["rplica", ["image", "replicas"], "replicas"],
    ["rplic", ["image", "replicas"], undefined],
    ["", ["min", "max"], undefined],
    ["max", [], undefined],
  ];
  for (const [word, words, near] of rows)
    it(`suggests ${near ?? "nothing"} for "${word}" among ${words.join(", ") || "no words"}`, () => {
      assert.equal(
        suggestion(word, words),
        near === undefined ? "" : ` Did you mean ${near}?`,
      );
    });
});

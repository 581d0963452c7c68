import assert from "node:assert/strict";
import { performancePage } from "../../bench/performance-page.ts";
import { read } from "../support/docs/markdown.ts";

describe("docs/performance.md", () => {
  it("has the reports in bench/ (otherwise, run `npm run bench:docs`)", () => {
    const current = read("docs/performance.md");
    assert.equal(current, performancePage(current));
  });

  it("is rejected without the line where the reports begin", () => {
    assert.throws(
      () => performancePage("# Performance\n"),
      /must contain this line once/,
    );
  });
});

import assert from "node:assert/strict";
import { stackNameIssue } from "../../config/stack-name.ts";

describe("stackNameIssue", () => {
  for (const stack of ["dev", "pr-123", "2", "a".repeat(55)])
    it(`accepts ${stack}`, () => {
      assert.equal(stackNameIssue("marquee", stack), undefined);
    });

  for (const [stack, suggested] of [
    ["PR_123", "pr-123"],
    ["feature.login", "feature-login"],
    ["dev-", "dev"],
    ["a".repeat(56), "a".repeat(55)],
  ] as const)
    it(`rejects ${stack}, and suggests ${suggested}`, () => {
      const issue = stackNameIssue("marquee", stack) ?? "";
      assert.ok(issue.startsWith(`The stack is named "${stack}", and`));
      assert.ok(
        issue.endsWith(`Rename it: \`pulumi stack rename ${suggested}\`.`),
        issue,
      );
    });

  it("suggests no name if none of the characters is valid", () => {
    assert.doesNotMatch(stackNameIssue("marquee", "_") ?? "", /Rename/);
  });
});

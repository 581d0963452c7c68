import assert from "node:assert/strict";
import { commentsOf } from "../../tools/prose/comments.ts";
import plainEnglish from "../../tools/prose/plain-english.ts";
import { checkProse } from "../../tools/prose/rules.ts";
import { linesReported } from "../support/docs/markdown-rule.ts";

describe("checkProse", () => {
  for (const text of [
    "Who is refused writes nothing.",
    "It waits. What is read comes from the cache.",
    "A token for who is signed in.",
    "Of several, the first counts.",
    "A page, as browsers have it.",
    "A date that is none.",
    "Retries while auth is away.",
    "Returns once the file is there.",
    "Stops when nobody reads.",
    "The key is another's.",
    "Nor is it sent again.",
    "An image that can't\nto be had.",
  ])
    it(`rejects ${JSON.stringify(text)}`, () => {
      assert.equal(checkProse(text).length, 1);
    });

  for (const text of [
    "Who may call it? Only operators.",
    "It prints who may call it.",
    "The default of the server.",
    "As many as the pool has.",
    "Returns undefined if there is none.",
    "There is no one else.",
    "Whether the error is a unique-constraint violation.",
    "It does so as if it were new.",
    "Checks what the server sends.",
  ])
    it(`accepts ${JSON.stringify(text)}`, () => {
      assert.deepEqual(checkProse(text), []);
    });

  it("returns the place and the advice", () => {
    assert.deepEqual(checkProse("It waits until\nnobody reads."), [
      { index: 15, found: "nobody", instead: "name the person or program" },
    ]);
  });
});

describe("plain-english, a rule for markdownlint", () => {
  const linesOf = (markdown: string) => linesReported(plainEnglish, markdown);

  it("reports the lines of paragraphs, lists, headings and tables", async () => {
    const text =
      "# What is new\n\nIt waits until\nnobody reads.\n\n- nobody\n\n| a | b |\n| --- | --- |\n| c | nobody |\n";
    assert.deepEqual(await linesOf(text), [1, 4, 6, 10]);
  });

  it("ignores code and the addresses of links", async () => {
    const text =
      "Runs as `nobody`, see [users](https://example.com/nobody).\n\n```sh\nsu nobody\n```\n";
    assert.deepEqual(await linesOf(text), []);
  });

  it("accepts exceptions in place", async () => {
    const text =
      "<!-- markdownlint-disable-next-line plain-english -->\nnobody is a user.\n\nnobody is one.\n";
    assert.deepEqual(await linesOf(text), [4]);
  });
});

describe("commentsOf", () => {
  it("finds block comments, line comments and comments after code, with their lines", () => {
    const source =
      "/**\n * First.\n * Second.\n */\nconst a = 1; // third\n  // Fourth,\n  // fifth.\nconst url = 'http://x';\n";
    assert.deepEqual(
      commentsOf("a.ts", source).map(({ text, line }) => [text.trim(), line]),
      [
        ["First.\nSecond.", 1],
        ["third", 5],
        ["Fourth,\nfifth.", 6],
      ],
    );
  });

  it("finds the comments of shell scripts and YAML", () => {
    const source = "#!/bin/sh\n# First,\n# second.\nls # third\necho $#\n";
    assert.deepEqual(
      commentsOf("a.sh", source).map(({ text, line }) => [text.trim(), line]),
      [
        ["First,\nsecond.", 2],
        ["third", 4],
      ],
    );
  });
});

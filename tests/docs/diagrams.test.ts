import assert from "node:assert/strict";
import { markdownFiles, read } from "../support/docs/markdown.ts";

describe("Mermaid diagrams", () => {
  it("have neither a semicolon nor the word end in a message, which break them", () => {
    const diagrams = markdownFiles().flatMap((file) =>
      [...read(file).matchAll(/^```mermaid\n(.*?)^```/gms)].flatMap(
        ([, diagram = ""]) =>
          diagram.split("\n").map((line) => `${file}: ${line}`),
      ),
    );
    assert.ok(diagrams.length > 0);
    assert.deepEqual(
      diagrams.filter((line) => /;|: .*: .*\bend\b/.test(line)),
      [],
    );
  });
});

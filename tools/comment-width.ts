import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { extname } from "node:path";

// Fails if a comment on a line of its own has more than 120 columns. Biome does not wrap comments, and supports none of
// the other languages.

const maxColumns = 120;

const c = /^\s*(\/\/|\/\*|\*)/;
const hash = /^\s*#/;
const commentsByExtension: Record<string, RegExp> = {
  ".cjs": c,
  ".css": c,
  ".go": c,
  ".py": hash,
  ".sh": hash,
  ".sql": /^\s*--/,
  ".ts": c,
  ".yaml": hash,
  ".yml": hash,
};

/** Tools read these comments, and want them in one line. */
const directive = /^\s*(\/\/|#)\s*(biome-ignore|@ts-expect-error|shellcheck)\b/;
/** A single word, such as a URL, can't be wrapped. */
const word = /^\W*\S+$/;

/** Applied migrations can't change: the service compares their checksums. */
const isFixed = (file: string) => /\/migrations\/.*\.sql$/.test(file);

const files = execFileSync(
  "git",
  ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
  { encoding: "utf8" },
)
  .split("\0")
  .filter(
    (file) =>
      extname(file) in commentsByExtension &&
      !isFixed(file) &&
      existsSync(file), // a deletion may not be staged yet
  );

const tooLong = files.flatMap((file) => {
  const isComment = commentsByExtension[extname(file)] as RegExp;
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line, index) => ({ line, at: `${file}:${index + 1}` }))
    .filter(
      ({ line }) =>
        [...line].length > maxColumns &&
        isComment.test(line) &&
        !directive.test(line) &&
        !word.test(line),
    )
    .map(({ line, at }) => `${at}: ${[...line].length} columns`);
});

if (tooLong.length > 0) {
  console.error(
    `Comments may have ${maxColumns} columns per line:\n${tooLong.join("\n")}`,
  );
  process.exit(1);
}

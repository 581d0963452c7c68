/** A comment of a source file, with adjacent line comments as one. */
export interface Comment {
  /** Without the signs that mark it as a comment. */
  text: string;
  /** The line that it starts at, from 1. */
  line: number;
}

/** Block comments, consecutive lines with a line comment, and line comments after code. */
const patterns = {
  slashes:
    /\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/(?!\/).*(?:\n|$))+|[ \t]\/\/[ \t].*$/gm,
  hashes: /(?:^[ \t]*#(?!!).*(?:\n|$))+|[ \t]#[ \t].*$/gm,
};

/** The comments of a source file, by the ending of its name. */
export function commentsOf(file: string, source: string): Comment[] {
  const pattern = /\.(sh|ya?ml)$/.test(file)
    ? patterns.hashes
    : patterns.slashes;
  return [...source.matchAll(pattern)].map(({ 0: comment, index }) => ({
    text: comment
      .replaceAll(/^[ \t]*(?:\/\*\*?|\*\/|\*(?!\/)|\/\/|#)[ \t]?/gm, "")
      .replace(/\s*\*\/$/, ""),
    line: source.slice(0, index).split("\n").length,
  }));
}

import { existsSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";

/** A line of a .dockerignore file. Exceptions (`!path`) include files that earlier patterns exclude. */
export interface IgnorePattern {
  exception: boolean;
  matches(path: string): boolean;
}

/**
 * Reads `‹Dockerfile›.dockerignore` if it exists, otherwise the context's .dockerignore, like BuildKit.
 */
export function ignorePatterns(
  context: string,
  dockerfile: string,
): IgnorePattern[] {
  const file = [
    `${dockerfile}.dockerignore`,
    join(context, ".dockerignore"),
  ].find((path) => existsSync(path));
  if (!file) return [];
  return readFileSync(file, "utf8")
    .replace(/^\uFEFF/, "")
    .split("\n")
    .filter((line) => !line.startsWith("#") && line.trim() !== "")
    .map((line) => pattern(line.trim(), file));
}

function pattern(line: string, file: string): IgnorePattern {
  const exception = line.startsWith("!");
  const path = (exception ? line.slice(1) : line).trim();
  try {
    if (path === "") throw new SyntaxError("the path is missing");
    return { exception, matches: matcher(clean(path)) };
  } catch (error) {
    throw new Error(
      `${file}: "${line}" is not a valid pattern: ${(error as Error).message}`,
    );
  }
}

/** The shortest form of a path, relative to the context: a leading slash means the context's root. */
const clean = (path: string) =>
  normalize(path)
    .replace(/(.)\/$/, "$1")
    .replace(/^\/(.)/, "$1");

const isLiteral = (pattern: string) => !/[*?[\]\\]/.test(pattern);

/** The matching rules of github.com/moby/patternmatcher, which differ from gitignore's and from glob libraries'. */
function matcher(pattern: string): (path: string) => boolean {
  if (isLiteral(pattern)) return (path) => path === pattern;
  if (pattern.endsWith("**") && isLiteral(pattern.slice(0, -2))) {
    const prefix = pattern.slice(0, -2);
    return (path) => path.startsWith(prefix);
  }
  if (pattern.startsWith("**") && isLiteral(pattern.slice(2))) {
    const suffix = pattern.slice(2);
    return (path) => path.endsWith(suffix) || `/${path}` === suffix;
  }
  const expression = pattern.replace(
    /\*\*\/?|\*|\?|\\.|[.+()|{}$]/g,
    (token, offset: number) => {
      if (token.startsWith("**"))
        return offset + token.length === pattern.length ? ".*" : "(.*/)?";
      if (token === "*") return "[^/]*";
      if (token === "?") return "[^/]";
      return token.startsWith("\\") ? token : `\\${token}`;
    },
  );
  const regexp = new RegExp(`^${expression}$`);
  return (path) => regexp.test(path);
}

/**
 * Matches a path against the patterns in order; the last match decides.
 * @param parent for each pattern, whether it matched the parent folder; if so, it matches this path, too
 * @returns whether the path is ignored, and whether each pattern matches it
 */
export function match(
  patterns: IgnorePattern[],
  path: string,
  parent: boolean[],
): { ignored: boolean; matches: boolean[] } {
  let ignored = false;
  const matches = patterns.map((pattern, index) => {
    const decides = pattern.exception === ignored;
    const matches = parent[index] || (decides && pattern.matches(path));
    if (matches) ignored = !pattern.exception;
    return matches;
  });
  return { ignored, matches };
}

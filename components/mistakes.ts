import leven from "leven"; // finds what a misspelt word was meant to be

/** Where the checks of a configuration note what they find. */
export interface Report {
  /** Notes that a value breaks its rule. */
  wrong(key: string, value: unknown, rule: string, hint?: string): void;
  /** Notes every key of `object` that is not one of `keys`. */
  known(
    prefix: string,
    object: Record<string, unknown>,
    keys: readonly string[],
    what: string,
  ): void;
}

/** "a, b and c". */
export const list = (words: readonly string[], last = "and") =>
  words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;

/** " Did you mean x?" where a known word differs from `word` by no more than capitals and two letters. */
export function suggestion(word: string, words: readonly string[]): string {
  const near = words.find(
    (known) => leven(known.toLowerCase(), word.toLowerCase()) <= 2,
  );
  return near ? ` Did you mean ${near}?` : "";
}

import leven from "leven"; // finds what a misspelt word was meant to be

/** Where the checks of a configuration note what they find. */
export interface Issues {
  /** Notes that a value breaks its rule. */
  invalid(key: string, value: unknown, rule: string, hint?: string): void;
  /** Notes what is wrong with a key whose value is nobody's business, such as a secret's. */
  add(key: string, text: string): void;
  /** Notes every key of `object` that is not one of `keys`. */
  rejectUnknownKeys(
    prefix: string,
    object: Record<string, unknown>,
    keys: readonly string[],
    what: string,
  ): void;
}

/** A value in a sentence, without the log sidecars' headers, which are secret. */
export const shown = (value: unknown): string =>
  JSON.stringify(value, (key, value) =>
    key === "headers" ? "[secret]" : value,
  );

/** "a, b and c". */
export const list = (words: readonly string[], last = "and") =>
  words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;

/** " Did you mean x?" where a known word differs from `word` by no more than capitals and two letters. */
export function suggestion(word: string, words: readonly string[]): string {
  const [near] = words
    .map((known) => ({
      known,
      distance: leven(known.toLowerCase(), word.toLowerCase()),
    }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance);
  return near ? ` Did you mean ${near.known}?` : "";
}

/** Whether a value is a map, as YAML has them. */
export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a value is a whole number within bounds. */
export const isWhole = (
  value: unknown,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): value is number =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= max;

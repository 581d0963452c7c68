import leven from "leven";

/** Collects what is wrong with a configuration, as sentences that name the key. Keys lack the `marquee:` in front. */
export class Issues {
  readonly sentences: string[] = [];

  /** Adds an issue whose sentence must not contain the value, such as a secret's. */
  add(key: string, text: string): void {
    this.sentences.push(`marquee:${key} ${text}.`);
  }

  /** Adds that a value breaks its rule. */
  invalid(key: string, value: unknown, rule: string, hint = ""): void {
    const shown = value === undefined ? "missing" : toText(value);
    this.sentences.push(`marquee:${key} is ${shown}: ${rule}.${hint}`);
  }

  /** Adds an issue for each key of `object` that is not one of `keys`. */
  rejectUnknownKeys(
    prefix: string,
    object: Record<string, unknown>,
    keys: readonly string[],
    what: string,
  ): void {
    const verb = keys.length === 1 ? "is only" : "are";
    for (const key of Object.keys(object))
      if (!keys.includes(key))
        this.sentences.push(
          `marquee:${prefix}${key} is not ${what}: there ${verb} ${list(keys)}.${suggestion(key, keys)}`,
        );
  }
}

/** A value as JSON, without the secret headers of log sidecars. */
const toText = (value: unknown): string =>
  JSON.stringify(value, (key, value) =>
    key === "headers" ? "[secret]" : value,
  );

/** "a, b and c". */
export const list = (words: readonly string[], last = "and") =>
  words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;

/** " Did you mean x?" for the nearest known word, if it differs by at most two letters, ignoring case. */
export function suggestion(word: string, words: readonly string[]): string {
  const [nearest] = words
    .map((known) => ({
      known,
      distance: leven(known.toLowerCase(), word.toLowerCase()),
    }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance);
  return nearest ? ` Did you mean ${nearest.known}?` : "";
}

/** A value somewhere in another one: linked, as a path for each would be as long as it is deep. */
interface Place {
  value: unknown;
  /** Its name or index in `within`. */
  step?: string;
  within?: Place;
}

/**
 * Where a text has the character U+0000, which PostgreSQL stores in none: the steps to the first one, or undefined. The names of
 * objects are texts, too; files are not.
 * @param value JSON, or a form's fields, however deep
 */
export function findNullCharacter(value: unknown): string[] | undefined {
  const places: Place[] = [{ value }];
  for (let place = places.pop(); place; place = places.pop()) {
    const { value, step } = place;
    if (hasNullCharacter(value) || hasNullCharacter(step))
      return stepsTo(place);
    if (typeof value !== "object" || value === null) continue;
    for (const [step, inner] of Object.entries(value).reverse())
      places.push({ value: inner, step, within: place });
  }
  return undefined;
}

const hasNullCharacter = (text: unknown) =>
  typeof text === "string" && text.includes("\u0000");

function stepsTo(place: Place): string[] {
  const steps: string[] = [];
  for (let at: Place | undefined = place; at; at = at.within)
    if (at.step !== undefined) steps.push(at.step);
  return steps.reverse();
}

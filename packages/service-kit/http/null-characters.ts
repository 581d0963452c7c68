/** A nested value with a link to the outer one: an array with the whole path per value would take quadratic memory. */
interface Place {
  value: unknown;
  /** The name or index in `within`. */
  step?: string;
  within?: Place;
}

/**
 * The path to the first string with the character U+0000, which PostgreSQL can't store. Checks names of properties,
 * too, but not files.
 * @param value JSON, or a form's fields. The depth is not limited
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

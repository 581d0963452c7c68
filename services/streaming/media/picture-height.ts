/**
 * Height of the tallest picture that a multivariant playlist declares, in pixels (RFC 8216, 4.3.4.2). undefined if no
 * variant has RESOLUTION, which is optional.
 */
export function tallestPictureIn(playlist: string): number | undefined {
  const heights = playlist
    .split("\n")
    .filter((line) => line.startsWith("#EXT-X-STREAM-INF:"))
    .flatMap((line) => [...line.matchAll(/([A-Z\d-]+)=("[^"]*"|[^",\s]*)/g)])
    .filter(([, name]) => name === "RESOLUTION")
    .map(([, , value = ""]) => Number(/^\d+x(\d+)$/.exec(value)?.[1]));
  return tallest(heights);
}

/** The largest positive number; undefined if no number is positive. */
export function tallest(
  heights: readonly (number | undefined)[],
): number | undefined {
  const known = heights.filter((height) => height && height > 0) as number[];
  return known.length > 0 ? Math.max(...known) : undefined;
}

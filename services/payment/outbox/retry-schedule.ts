const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/**
 * Milliseconds from each failed attempt to the next; after the last one a delivery is dead. Eleven attempts over 70 hours:
 * the first ones are for what is over in a moment, such as a deployment; the last for a consumer that breaks on a Friday
 * night. Standard Webhooks recommends several days, Stripe takes three, too.
 */
export const retries: readonly number[] = [
  5 * seconds,
  30 * seconds,
  2 * minutes,
  10 * minutes,
  1 * hours,
  3 * hours,
  6 * hours,
  12 * hours,
  24 * hours,
  24 * hours,
];

/**
 * Milliseconds until the next attempt, or undefined if there is to be none. A fifth more or less: what failed together does
 * not come back together.
 * @param tries attempts that there were
 * @param asked milliseconds that the endpoint asked for
 */
export function nextTry(
  schedule: readonly number[],
  tries: number,
  asked = 0,
): number | undefined {
  const ms = schedule[tries - 1];
  if (ms === undefined) return undefined;
  return Math.max(ms * (0.8 + 0.4 * Math.random()), asked);
}

/** The header Retry-After in milliseconds: it has seconds or a date (RFC 9110, 10.2.3). 0 for what is neither. */
export function retryAfter(header = "", now = Date.now()): number {
  const ms = /^\d+$/.test(header)
    ? Number(header) * seconds
    : Date.parse(header) - now;
  return Math.max(ms, 0) || 0;
}

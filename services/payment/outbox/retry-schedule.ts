const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/**
 * Milliseconds from each failed attempt to the next; after the last one a delivery is dead. Eleven attempts over 70
 * hours: the first ones bridge short outages such as deployments, the last ones a consumer that breaks on a Friday
 * night. Standard Webhooks recommends several days; Stripe retries for three.
 */
export const retryDelaysMs: readonly number[] = [
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
 * Milliseconds until the next attempt, or undefined if no attempt is left. Jitter of 20 % keeps deliveries that failed
 * together from being retried together.
 * @param tries attempts so far
 * @param retryAfterMs minimum delay that the endpoint asked for
 */
export function nextDelayMs(
  schedule: readonly number[],
  tries: number,
  retryAfterMs = 0,
): number | undefined {
  const ms = schedule[tries - 1];
  if (ms === undefined) return undefined;
  return Math.max(ms * (0.8 + 0.4 * Math.random()), retryAfterMs);
}

/** Parses a Retry-After header, seconds or a date (RFC 9110, 10.2.3). Invalid values are 0. */
export function parseRetryAfterMs(header = "", now = Date.now()): number {
  const ms = /^\d+$/.test(header)
    ? Number(header) * seconds
    : Date.parse(header) - now;
  return Math.max(ms, 0) || 0;
}

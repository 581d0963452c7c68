import type { SigningKey } from "./signing-key.ts";

export interface KeyRotationTimes {
  /** How long a key signs before the next one takes over. @default 30 days */
  rotationIntervalSeconds: number;
  /** How long a key is published before it signs. Clients may cache the JWKS for half of that. @default 1 hour */
  publishAheadSeconds: number;
  /** Lifetime of an access token. @default 10 minutes */
  tokenLifetimeSeconds: number;
  /** How far the clocks of verifiers may be behind the database's. @default 5 minutes */
  clockSkewSeconds: number;
  /**
   * Interval between reads of the keys, at most half of `publishAheadSeconds`, so that no replica misses a new key.
   * @default 15
   */
  reloadIntervalSeconds: number;
}

export const defaultKeyRotationTimes: KeyRotationTimes = {
  rotationIntervalSeconds: 30 * 24 * 60 * 60,
  publishAheadSeconds: 60 * 60,
  tokenLifetimeSeconds: 10 * 60,
  clockSkewSeconds: 5 * 60,
  reloadIntervalSeconds: 15,
};

/** @throws RangeError if the times are inconsistent */
export function checkTimes(times: KeyRotationTimes): void {
  const {
    rotationIntervalSeconds,
    publishAheadSeconds,
    reloadIntervalSeconds,
  } = times;
  if (
    Object.values(times).every((time) => time > 0) &&
    2 * reloadIntervalSeconds <= publishAheadSeconds &&
    publishAheadSeconds < rotationIntervalSeconds
  )
    return;
  throw new RangeError(
    `The key rotation times are inconsistent: ${JSON.stringify(times)}. Each must be more than 0, and 2 * reloadIntervalSeconds <= publishAheadSeconds < rotationIntervalSeconds.`,
  );
}

/** How long a key is published after it starts to sign. A rotation may be late by `publishAheadSeconds`. */
export const keyLifetimeMs = (times: KeyRotationTimes) =>
  1000 * (times.rotationIntervalSeconds + times.publishAheadSeconds) +
  verifiableAfterSigningMs(times);

/** How long a key is published after its last signature. */
const verifiableAfterSigningMs = ({
  tokenLifetimeSeconds,
  clockSkewSeconds,
}: KeyRotationTimes) => 1000 * (tokenLifetimeSeconds + clockSkewSeconds);

/**
 * Whether a token signed now would expire before its key, by the current times and not those the key was created with.
 */
export const canSign = (
  { privateKey, signsFrom, expiresAt }: SigningKey,
  now: number,
  times: KeyRotationTimes,
) =>
  privateKey !== undefined &&
  signsFrom <= now &&
  now + verifiableAfterSigningMs(times) <= expiresAt;

/** When a key created now would start to sign, in milliseconds since 1970; undefined if no new key is due.
 * @param keys newest first
 */
export function nextKeySignsFrom(
  keys: readonly SigningKey[],
  now: number,
  times: KeyRotationTimes,
): number | undefined {
  if (!keys.some((key) => canSign(key, now, times))) return now;
  const newest = keys.find(({ privateKey }) => privateKey) as SigningKey;
  const last = newest.expiresAt - verifiableAfterSigningMs(times);
  const due = Math.min(
    newest.signsFrom + 1000 * times.rotationIntervalSeconds,
    last,
  );
  const soon = now + 1000 * times.publishAheadSeconds;
  return soon < due ? undefined : Math.min(soon, last);
}

import type { SigningKey } from "./signing-key.ts";

/** Seconds. */
export interface KeyRotationTimes {
  /** How long a key signs until the next one does. @default 30 days */
  rotationIntervalSeconds: number;
  /** How long a key is published before it signs: who keeps the JWKS for half of that knows it by then. @default 1 hour */
  publishAheadSeconds: number;
  /** How long an access token is valid. @default 10 minutes */
  tokenLifetimeSeconds: number;
  /** How far the clocks of those who verify may be behind the database's. @default 5 minutes */
  clockSkewSeconds: number;
  /** How often the keys are read again; twice within `publishAheadSeconds`, so that no replica misses one. @default 15 */
  reloadIntervalSeconds: number;
}

export const defaultKeyRotationTimes: KeyRotationTimes = {
  rotationIntervalSeconds: 30 * 24 * 60 * 60,
  publishAheadSeconds: 60 * 60,
  tokenLifetimeSeconds: 10 * 60,
  clockSkewSeconds: 5 * 60,
  reloadIntervalSeconds: 15,
};

/** @throws RangeError if the times don't go together */
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
    `These times of signing keys don't go together: ${JSON.stringify(times)}. Each is more than 0, and 2 * reloadIntervalSeconds <= publishAheadSeconds < rotationIntervalSeconds.`,
  );
}

/** Milliseconds that a key is published for after it began to sign; a rotation may be late by `publishAheadSeconds`. */
export const keyLifetimeMs = (times: KeyRotationTimes) =>
  1000 * (times.rotationIntervalSeconds + times.publishAheadSeconds) +
  verifiableAfterSigningMs(times);

/** Milliseconds that a key is published for after it signed. */
const verifiableAfterSigningMs = ({
  tokenLifetimeSeconds,
  clockSkewSeconds,
}: KeyRotationTimes) => 1000 * (tokenLifetimeSeconds + clockSkewSeconds);

/** By these times, whatever those were that the key was made with: a token never outlives its key. */
export const canSign = (
  { privateKey, signsFrom, expiresAt }: SigningKey,
  now: number,
  times: KeyRotationTimes,
) =>
  privateKey !== undefined &&
  signsFrom <= now &&
  now + verifiableAfterSigningMs(times) <= expiresAt;

/**
 * From when on a key that is to be made now would sign, in milliseconds since 1970; undefined if none is to be made.
 * @param keys the newest first
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

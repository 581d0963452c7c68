import type { SigningKey } from "./signing-key.ts";

/** Seconds. */
export interface KeyringTimes {
  /** How long a key signs until the next one does. @default 30 days */
  rotateEvery: number;
  /** How long a key is published before it signs: who keeps the JWKS for half of that knows it by then. @default 1 hour */
  publishAhead: number;
  /** How long an access token is valid. @default 10 minutes */
  tokenLifetime: number;
  /** How far the clocks of those who verify may be behind the database's. @default 5 minutes */
  skew: number;
  /** How often the keys are read again; twice within `publishAhead`, so that no replica misses one. @default 15 */
  reloadEvery: number;
}

export const keyringTimes: KeyringTimes = {
  rotateEvery: 30 * 24 * 60 * 60,
  publishAhead: 60 * 60,
  tokenLifetime: 10 * 60,
  skew: 5 * 60,
  reloadEvery: 15,
};

/** @throws RangeError if the times don't go together */
export function checkTimes(times: KeyringTimes): void {
  const { rotateEvery, publishAhead, reloadEvery } = times;
  if (
    Object.values(times).every((time) => time > 0) &&
    2 * reloadEvery <= publishAhead &&
    publishAhead < rotateEvery
  )
    return;
  throw new RangeError(
    `These times of signing keys don't go together: ${JSON.stringify(times)}. Each is more than 0, and 2 * reloadEvery <= publishAhead < rotateEvery.`,
  );
}

/** Milliseconds that a key is published for after it began to sign; a rotation may be late by `publishAhead`. */
export const life = (times: KeyringTimes) =>
  1000 * (times.rotateEvery + times.publishAhead) + afterSigning(times);

/** Milliseconds that a key is published for after it signed. */
const afterSigning = ({ tokenLifetime, skew }: KeyringTimes) =>
  1000 * (tokenLifetime + skew);

/** By these times, whatever those were that the key was made with: a token never outlives its key. */
export const canSign = (
  { privateKey, signsFrom, expiresAt }: SigningKey,
  now: number,
  times: KeyringTimes,
) =>
  privateKey !== undefined &&
  signsFrom <= now &&
  now + afterSigning(times) <= expiresAt;

/**
 * From when on a key that is to be made now would sign, in milliseconds since 1970; undefined if none is to be made.
 * @param keys the newest first
 */
export function nextSignsFrom(
  keys: readonly SigningKey[],
  now: number,
  times: KeyringTimes,
): number | undefined {
  if (!keys.some((key) => canSign(key, now, times))) return now;
  const newest = keys.find(({ privateKey }) => privateKey) as SigningKey;
  const last = newest.expiresAt - afterSigning(times);
  const due = Math.min(newest.signsFrom + 1000 * times.rotateEvery, last);
  const soon = now + 1000 * times.publishAhead;
  return soon < due ? undefined : Math.min(soon, last);
}

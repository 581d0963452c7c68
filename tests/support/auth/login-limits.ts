import assert from "node:assert/strict";
import { createDeviceCookies } from "../../../services/auth/rate-limits/device-cookie.ts";
import {
  createRateLimiter,
  type LoginAttempt,
  type RateLimiter,
  TooManyAttemptsError,
} from "../../../services/auth/rate-limits/rate-limiter.ts";
import { email, keyEncryptionKey, useReplicas } from "./domain.ts";

export const devices = createDeviceCookies(keyEncryptionKey);
/** The client's address in attempts that name no other. */
export const home = "192.0.2.1";
export const wrong = async () => undefined;
const right = async () => "welcome";

/** Gives the calling suite a rate limiter on an empty database whose clock stands still. */
export function useLoginLimits() {
  const replicas = useReplicas({ stopsClock: true });
  const attempt = (more: Partial<LoginAttempt> = {}): LoginAttempt => ({
    email,
    address: home,
    ...more,
  });
  const test = {
    replicas,
    /** Valid once the suite runs. */
    limits: undefined as unknown as RateLimiter,
    attempt,
    /** Fails logins until one is rejected, or `most` times. Returns their number and the rejection's Retry-After. */
    async tries(more: Partial<LoginAttempt> = {}, most = 400) {
      for (let made = 0; made < most; made++)
        try {
          await test.limits.logIn(attempt(more), wrong);
        } catch (error) {
          assert.ok(error instanceof TooManyAttemptsError, String(error));
          return { made, retryAfter: error.retryAfterSeconds };
        }
      return { made: most, retryAfter: 0 };
    },
    /** Asserts that a login with the right password succeeds. */
    async assertAllowed(more: Partial<LoginAttempt> = {}) {
      assert.equal(await test.limits.logIn(attempt(more), right), "welcome");
    },
  };
  beforeEach(() => {
    test.limits = createRateLimiter(replicas.first, devices);
  });
  return test;
}

import assert from "node:assert/strict";
import { EmailTakenError } from "../../../../services/auth/accounts/accounts.ts";
import { OverloadedError } from "../../../../services/auth/passwords/semaphore.ts";
import { createDeviceCookies } from "../../../../services/auth/rate-limits/device-cookie.ts";
import {
  createRateLimiter,
  type RateLimiter,
  TooManyAttemptsError,
} from "../../../../services/auth/rate-limits/rate-limiter.ts";
import {
  count,
  keyEncryptionKey,
  useReplicas,
} from "../../../support/auth/domain.ts";

const devices = createDeviceCookies(keyEncryptionKey);
const home = "192.0.2.1";
const right = async () => "welcome";

describe("Sign-up limits", () => {
  const replicas = useReplicas({ stopsClock: true });
  const fails = async (limits: RateLimiter, work: () => Promise<unknown>) =>
    limits.signUp(home, work).then(
      () => assert.fail("The sign-up was not rejected."),
      (error: Error) => error,
    );

  it("allows 100 sign-ups at once from one network, then one every 36 s", async () => {
    const limits = createRateLimiter(replicas.first, devices);
    for (let i = 0; i < 100; i++) await limits.signUp(home, right);
    const error = await fails(limits, right);
    assert.ok(error instanceof TooManyAttemptsError);
    assert.equal(error.retryAfterSeconds, 36);
    assert.match(error.message, /Try again in 36 seconds\.$/);
    assert.equal(await limits.signUp("192.0.2.2", right), "welcome");
  });

  it("does not limit sign-ups from an unknown address", async () => {
    const limits = createRateLimiter(replicas.first, devices, {
      signUp: { name: "sign-up", burst: 1, intervalSeconds: 36 },
    });
    for (let i = 0; i < 5; i++)
      assert.equal(await limits.signUp(undefined, right), "welcome");
  });

  it("counts a sign-up with a taken address, but not one rejected as busy", async () => {
    const limits = createRateLimiter(replicas.first, devices, {
      signUp: { name: "sign-up", burst: 2, intervalSeconds: 36 },
    });
    for (let i = 0; i < 5; i++)
      assert.ok(
        (await fails(limits, () =>
          Promise.reject(new OverloadedError(1)),
        )) instanceof OverloadedError,
      );
    for (let i = 0; i < 2; i++)
      assert.ok(
        (await fails(limits, () =>
          Promise.reject(new EmailTakenError()),
        )) instanceof EmailTakenError,
      );
    assert.ok((await fails(limits, right)) instanceof TooManyAttemptsError);
  });
});

describe("Password confirmation limits", () => {
  const replicas = useReplicas({ stopsClock: true });

  it("allows each user ten failures at once, then one every 90 s", async () => {
    const limits = createRateLimiter(replicas.first, devices);
    for (let i = 0; i < 20; i++)
      await limits.checkPassword("ada", async () => true);
    for (let i = 0; i < 10; i++)
      assert.equal(await limits.checkPassword("ada", async () => false), false);
    await assert.rejects(
      limits.checkPassword("ada", async () => true),
      { name: "TooManyAttemptsError", retryAfterSeconds: 90 },
    );
    assert.equal(await limits.checkPassword("eve", async () => true), true);
    assert.equal(await count(replicas.first, "limits"), 2);
  });
});

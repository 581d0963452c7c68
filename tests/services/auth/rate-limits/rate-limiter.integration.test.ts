import assert from "node:assert/strict";
import { DatabaseUnavailableError } from "@marquee/service-kit";
import { OverloadedError } from "../../../../services/auth/passwords/semaphore.ts";
import { createDeviceCookies } from "../../../../services/auth/rate-limits/device-cookie.ts";
import {
  createRateLimiter,
  defaultRateLimits as defaults,
  type LoginAttempt,
  type RateLimiter,
  TooManyAttemptsError,
} from "../../../../services/auth/rate-limits/rate-limiter.ts";
import {
  email,
  keyEncryptionKey,
  pass,
  useReplicas,
} from "../../../support/auth/domain.ts";

const devices = createDeviceCookies(keyEncryptionKey);
const home = "192.0.2.1";
const wrong = async () => undefined;
const right = async () => "welcome";

describe("Login limits", () => {
  const replicas = useReplicas({ stopsClock: true });
  let limits: RateLimiter;
  beforeEach(() => {
    limits = createRateLimiter(replicas.first, devices);
  });

  const attempt = (more: Partial<LoginAttempt> = {}): LoginAttempt => ({
    email,
    address: home,
    ...more,
  });
  /** Fails logins until one is rejected, or `most` times. Returns their number and the rejection's Retry-After. */
  async function tries(more: Partial<LoginAttempt> = {}, most = 400) {
    for (let made = 0; made < most; made++)
      try {
        await limits.logIn(attempt(more), wrong);
      } catch (error) {
        assert.ok(error instanceof TooManyAttemptsError, String(error));
        return { made, retryAfter: error.retryAfterSeconds };
      }
    return { made: most, retryAfter: 0 };
  }
  const isLetIn = async (more: Partial<LoginAttempt> = {}) =>
    assert.equal(await limits.logIn(attempt(more), right), "welcome");
  const address = (i: number) => `198.51.${i >> 8}.${i & 255}`;

  it("allows ten failures at once from one network, then one every 90 s", async () => {
    assert.deepEqual(await tries(), { made: 10, retryAfter: 90 });
    await pass(replicas.first, 91);
    assert.equal((await tries()).made, 1);
  });

  it("rejects an attempt without checking the password", async () => {
    await tries();
    await assert.rejects(
      limits.logIn(attempt(), async () =>
        assert.fail("The password was checked."),
      ),
      TooManyAttemptsError,
    );
  });

  it("does not limit successful logins", async () => {
    for (let i = 0; i < 30; i++) await isLetIn();
    assert.equal((await tries()).made, 10);
  });

  it("keeps counting failures after a success", async () => {
    for (let i = 0; i < 9; i++) await limits.logIn(attempt(), wrong);
    await isLetIn();
    assert.equal((await tries()).made, 1);
  });

  it("counts concurrent attempts before it checks the password", async () => {
    let checked = 0;
    const second = createRateLimiter(replicas.second, devices);
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, i) =>
        (i % 2 ? limits : second).logIn(attempt(), async () => {
          checked++;
          return undefined;
        }),
      ),
    );
    assert.equal(checked, 10);
    for (const result of results)
      if (result.status === "rejected")
        assert.ok(result.reason instanceof TooManyAttemptsError, result.reason);
  });

  it("counts failures of an account in every spelling, even if it does not exist", async () => {
    await tries();
    assert.equal((await tries({ email: ` ${email.toUpperCase()}\n` })).made, 0);
    assert.equal((await tries({ email: "nobody@example.com" })).made, 10);
  });

  it("limits neither other networks nor other accounts", async () => {
    await tries();
    await isLetIn({ address: "192.0.2.2" });
    await isLetIn({ email: "eve@example.com" });
  });

  it("counts all addresses of an IPv6 network together", async () => {
    await tries({ address: "2001:db8::1" });
    assert.equal((await tries({ address: "2001:db8::ffff:2" })).made, 0);
    await isLetIn({ address: "2001:db8:0:1::1" });
  });

  it("does not count attempts whose password was not checked", async () => {
    const gone = new DatabaseUnavailableError(new Error("gone"));
    for (const error of [new OverloadedError(2), gone, new Error("a bug")])
      for (let i = 0; i < 12; i++)
        await assert.rejects(
          limits.logIn(attempt(), () => Promise.reject(error)),
          (thrown) => thrown === error,
        );
    assert.equal((await tries()).made, 10);
  });

  it("allows 300 failures at once from one network over all accounts, then one every 3 s", async () => {
    const { network } = defaults;
    assert.deepEqual([network.burst, network.intervalSeconds], [300, 3]);
    // Refills more slowly, so that no attempt comes back during the test.
    limits = createRateLimiter(replicas.first, devices, {
      network: { ...network, intervalSeconds: 300 },
    });
    for (let i = 0; i < 300; i++)
      await limits.logIn(attempt({ email: `user${i}@example.com` }), wrong);
    const other = { email: "other@example.com" };
    const { made, retryAfter } = await tries(other);
    assert.equal(made, 0);
    assert.ok(retryAfter > 200 && retryAfter <= 300, `${retryAfter}`);
    await isLetIn({ ...other, address: "192.0.2.2" });
    await pass(replicas.first, 300);
    assert.equal((await tries(other)).made, 1);
  });

  it("applies only the account's limit to an unknown address", async () => {
    limits = createRateLimiter(replicas.first, devices, {
      network: { name: "network", burst: 1, intervalSeconds: 300 },
    });
    const unknown = { address: undefined };
    for (let i = 0; i < 5; i++)
      await limits.logIn(
        attempt({ ...unknown, email: `user${i}@example.com` }),
        wrong,
      );
    assert.deepEqual(await tries(unknown), { made: 10, retryAfter: 90 });
    await isLetIn(); // from a known address
  });

  describe("account attacked from many networks", () => {
    /** Fails more than a hundred times, from as many networks. */
    async function attack() {
      for (let i = 0; i < 101; i++)
        await limits.logIn(attempt({ address: address(i) }), wrong);
    }

    it("allows three failures from a network in place of ten", async () => {
      await attack();
      assert.deepEqual(await tries(), { made: 3, retryAfter: 90 });
      assert.equal((await tries({ address: address(0) })).made, 2);
    });

    it("accepts logins from a network without failures", async () => {
      await attack();
      for (let i = 0; i < 5; i++) await isLetIn({ address: "203.0.113.9" });
    });

    it("allows ten failures from a known device", async () => {
      await attack();
      await tries();
      await isLetIn({ deviceCookie: devices.issue(email) });
      assert.deepEqual(await tries({ deviceCookie: devices.issue(email) }), {
        made: 10,
        retryAfter: 90,
      });
    });

    it("allows ten failures again after the attack", async () => {
      await attack();
      await pass(replicas.first, 2 * 60 * 60);
      assert.equal((await tries()).made, 10);
    });

    it("keeps the limits of other accounts", async () => {
      await attack();
      assert.equal((await tries({ email: "eve@example.com" })).made, 10);
    });

    it("does not count rejected and successful attempts as an attack", async () => {
      for (let i = 0; i < 9; i++) await tries({ address: address(i) }); // 90 failures, and 9 rejections
      for (let i = 0; i < 150; i++)
        await assert.rejects(
          limits.logIn(attempt({ address: address(0) }), wrong),
        );
      for (let i = 0; i < 20; i++) await isLetIn();
      assert.equal((await tries()).made, 10);
    });
  });

  describe("known device", () => {
    it("allows ten failures at once from the device, then one every 90 s", async () => {
      const device = devices.issue(email);
      assert.deepEqual(await tries({ deviceCookie: device }), {
        made: 10,
        retryAfter: 90,
      });
      await pass(replicas.first, 91);
      assert.equal((await tries({ deviceCookie: device })).made, 1);
    });

    it("accepts a login after others' failures from the same address", async () => {
      await tries();
      await isLetIn({ deviceCookie: devices.issue(email) });
    });

    it("does not count the device's failures for others", async () => {
      for (let i = 0; i < 15; i++)
        await tries({ deviceCookie: devices.issue(email) });
      assert.equal((await tries()).made, 10);
    });

    it("counts failures for each device separately", async () => {
      await tries({ deviceCookie: devices.issue(email) });
      await isLetIn({ deviceCookie: devices.issue(email) });
    });

    it("treats a device with an invalid cookie as unknown", async () => {
      await tries();
      for (const device of [
        "",
        "x",
        devices.issue("eve@example.com"),
        devices.issue(email).slice(1),
        createDeviceCookies("another-key-encryption-key-of-32-").issue(email),
      ])
        assert.equal((await tries({ deviceCookie: device })).made, 0);
    });
  });

  it("applies custom limits", async () => {
    limits = createRateLimiter(replicas.first, devices, {
      account: { name: "login account", burst: 2, intervalSeconds: 7 },
    });
    assert.deepEqual(await tries(), { made: 2, retryAfter: 7 });
  });

  it("fails without checking passwords while the database is unavailable", async () => {
    const without = createRateLimiter(
      {
        query: () =>
          Promise.reject(new DatabaseUnavailableError(new Error("gone"))),
      },
      devices,
    );
    const unseen = async () => assert.fail("The password was checked.");
    await assert.rejects(
      without.logIn(attempt(), unseen),
      DatabaseUnavailableError,
    );
    await assert.rejects(
      without.signUp(home, unseen),
      DatabaseUnavailableError,
    );
    await assert.rejects(
      without.checkPassword("id", unseen),
      DatabaseUnavailableError,
    );
  });
});

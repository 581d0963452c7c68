import assert from "node:assert/strict";
import { DatabaseUnavailableError } from "@marquee/service-kit";
import { OverloadedError } from "../../../../services/auth/passwords/semaphore.ts";
import {
  createRateLimiter,
  defaultRateLimits as defaults,
  TooManyAttemptsError,
} from "../../../../services/auth/rate-limits/rate-limiter.ts";
import { email, pass } from "../../../support/auth/domain.ts";
import {
  devices,
  home,
  useLoginLimits,
  wrong,
} from "../../../support/auth/login-limits.ts";

describe("Login limits", () => {
  const test = useLoginLimits();
  const { replicas, attempt, tries, assertAllowed } = test;
  const address = (i: number) => `198.51.${i >> 8}.${i & 255}`;

  it("allows ten failures at once from one network, then one every 90 s", async () => {
    assert.deepEqual(await tries(), { made: 10, retryAfter: 90 });
    await pass(replicas.first, 91);
    assert.equal((await tries()).made, 1);
  });

  it("rejects an attempt without checking the password", async () => {
    await tries();
    await assert.rejects(
      test.limits.logIn(attempt(), async () =>
        assert.fail("The password was checked."),
      ),
      TooManyAttemptsError,
    );
  });

  it("does not limit successful logins", async () => {
    for (let i = 0; i < 30; i++) await assertAllowed();
    assert.equal((await tries()).made, 10);
  });

  it("keeps counting failures after a success", async () => {
    for (let i = 0; i < 9; i++) await test.limits.logIn(attempt(), wrong);
    await assertAllowed();
    assert.equal((await tries()).made, 1);
  });

  it("counts concurrent attempts before it checks the password", async () => {
    let checked = 0;
    const second = createRateLimiter(replicas.second, devices);
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, i) =>
        (i % 2 ? test.limits : second).logIn(attempt(), async () => {
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
    await assertAllowed({ address: "192.0.2.2" });
    await assertAllowed({ email: "eve@example.com" });
  });

  it("counts all addresses of an IPv6 network together", async () => {
    await tries({ address: "2001:db8::1" });
    assert.equal((await tries({ address: "2001:db8::ffff:2" })).made, 0);
    await assertAllowed({ address: "2001:db8:0:1::1" });
  });

  it("does not count attempts whose password was not checked", async () => {
    const gone = new DatabaseUnavailableError(new Error("gone"));
    for (const error of [new OverloadedError(2), gone, new Error("a bug")])
      for (let i = 0; i < 12; i++)
        await assert.rejects(
          test.limits.logIn(attempt(), () => Promise.reject(error)),
          (thrown) => thrown === error,
        );
    assert.equal((await tries()).made, 10);
  });

  it("allows 300 failures at once from one network over all accounts, then one every 3 s", async () => {
    const { network } = defaults;
    assert.deepEqual([network.burst, network.intervalSeconds], [300, 3]);
    // Refills more slowly, so that no attempt comes back during the test.
    test.limits = createRateLimiter(replicas.first, devices, {
      network: { ...network, intervalSeconds: 300 },
    });
    for (let i = 0; i < 300; i++)
      await test.limits.logIn(
        attempt({ email: `user${i}@example.com` }),
        wrong,
      );
    const other = { email: "other@example.com" };
    const { made, retryAfter } = await tries(other);
    assert.equal(made, 0);
    assert.ok(retryAfter > 200 && retryAfter <= 300, `${retryAfter}`);
    await assertAllowed({ ...other, address: "192.0.2.2" });
    await pass(replicas.first, 300);
    assert.equal((await tries(other)).made, 1);
  });

  it("applies only the account's limit to an unknown address", async () => {
    test.limits = createRateLimiter(replicas.first, devices, {
      network: { name: "network", burst: 1, intervalSeconds: 300 },
    });
    const unknown = { address: undefined };
    for (let i = 0; i < 5; i++)
      await test.limits.logIn(
        attempt({ ...unknown, email: `user${i}@example.com` }),
        wrong,
      );
    assert.deepEqual(await tries(unknown), { made: 10, retryAfter: 90 });
    await assertAllowed(); // from a known address
  });

  describe("account attacked from many networks", () => {
    /** Fails more than a hundred times, from as many networks. */
    async function attack() {
      for (let i = 0; i < 101; i++)
        await test.limits.logIn(attempt({ address: address(i) }), wrong);
    }

    it("allows three failures from a network in place of ten", async () => {
      await attack();
      assert.deepEqual(await tries(), { made: 3, retryAfter: 90 });
      assert.equal((await tries({ address: address(0) })).made, 2);
    });

    it("accepts logins from a network without failures", async () => {
      await attack();
      for (let i = 0; i < 5; i++)
        await assertAllowed({ address: "203.0.113.9" });
    });

    it("allows ten failures from a known device", async () => {
      await attack();
      await tries();
      await assertAllowed({ deviceCookie: devices.issue(email) });
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
          test.limits.logIn(attempt({ address: address(0) }), wrong),
        );
      for (let i = 0; i < 20; i++) await assertAllowed();
      assert.equal((await tries()).made, 10);
    });
  });

  it("applies custom limits", async () => {
    test.limits = createRateLimiter(replicas.first, devices, {
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

import assert from "node:assert/strict";
import {
  createTokenBuckets,
  type RateLimit,
} from "../../../../services/auth/rate-limits/token-bucket.ts";
import { email, pass, useReplicas } from "../../../support/auth/domain.ts";

describe("Rate limit buckets", () => {
  const replicas = useReplicas({ stopsClock: true });
  const limit: RateLimit = { name: "test", burst: 3, intervalSeconds: 60 };
  const take = (key = "key", of = limit) =>
    createTokenBuckets(replicas.first).take(of, [key]);
  const giveBack = () =>
    createTokenBuckets(replicas.first).giveBack(limit, ["key"]);
  const allowed = async (times: number, key?: string) => {
    for (let i = 0; i < times; i++)
      assert.deepEqual(await take(key), { allowed: true }, `${i}`);
  };
  const refused = async (retryAfterSeconds: number) =>
    assert.deepEqual(await take(), { allowed: false, retryAfterSeconds });

  it("allows a burst, then returns the time until the next attempt", async () => {
    await allowed(3);
    await refused(60);
    await refused(60);
    await pass(replicas.first, 20);
    await refused(40);
    await pass(replicas.first, 39);
    await refused(1);
  });

  it("refills one attempt per period, up to the burst", async () => {
    await allowed(3);
    await pass(replicas.first, 61);
    await allowed(1);
    await refused(59);
    await pass(replicas.first, 100_000);
    await allowed(3);
    await refused(60);
  });

  it("refills attempts that are given back, up to the burst", async () => {
    await allowed(3);
    await giveBack();
    await allowed(1);
    await refused(60);
    await pass(replicas.first, 100_000);
    await giveBack();
    await giveBack();
    await allowed(3);
    await refused(60);
  });

  it("counts each key and each name separately", async () => {
    await allowed(3);
    await allowed(3, "another");
    assert.deepEqual(await take("key", { ...limit, name: "other" }), {
      allowed: true,
    });
    // Keys are compared part by part, not as one string.
    const buckets = createTokenBuckets(replicas.first);
    const once = { ...limit, name: "parts", burst: 1 };
    for (const key of [["a", "b"], ["ab"], ["a", "b", ""], ["a,b"], ['a","b']])
      assert.equal((await buckets.take(once, key)).allowed, true);
  });

  it("allows no more than the burst to concurrent attempts in two replicas", async () => {
    const all = [replicas.first, replicas.second].map(createTokenBuckets);
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, i) => all[i % 2]?.take(limit, ["key"])),
    );
    assert.equal(results.filter((result) => result?.allowed).length, 3);
    for (const result of results)
      if (!result?.allowed)
        assert.ok(
          result &&
            result.retryAfterSeconds >= 1 &&
            result.retryAfterSeconds <= 60,
        );
  });

  it("applies the limit that it is called with", async () => {
    await allowed(2);
    const fewer = { ...limit, burst: 1 };
    assert.deepEqual(await take("key", fewer), {
      allowed: false,
      retryAfterSeconds: 120,
    });
    await allowed(1);
  });

  it("stores only a hash of the key", async () => {
    await take(email);
    const rows = await replicas.first.query<{ key: Buffer }>(
      "SELECT key FROM limits",
    );
    assert.equal(rows[0]?.key.length, 32);
    assert.ok(!rows[0]?.key.toString("latin1").includes("ada"));
  });

  it("writes nothing for a rejected attempt", async () => {
    await allowed(3);
    const state = () => replicas.first.query("SELECT xmin, tat FROM limits");
    const before = await state();
    for (let i = 0; i < 5; i++) await take();
    assert.deepEqual(await state(), before);
  });
});

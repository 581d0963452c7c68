import assert from "node:assert/strict";
import { createKeyring } from "../../../../../services/auth/tokens/keyring.ts";
import {
  count,
  day,
  keyEncryptionKey,
  pass,
  useReplicas,
} from "../../../../support/auth/domain.ts";
import {
  hour,
  kids,
  signer,
  token,
  tokensOf,
  useKeyrings,
} from "../../../../support/auth/keyrings.ts";
import { useClock } from "../../../../support/clock.ts";

describe("Signing key rotation", () => {
  const replicas = useReplicas();
  const clock = useClock();
  const { replica, advance } = useKeyrings(replicas);

  /** Advances time by this many seconds, for the database and for replicas that do not reload. */
  async function passes(seconds: number) {
    await pass(replicas.first, seconds);
    clock.advance(1000 * seconds);
  }

  it("signs with a new key after 30 days, published an hour ahead", async () => {
    const keyring = await replica();
    const first = await signer(keyring);
    await advance(30 * day - hour - 60, keyring);
    assert.deepEqual(kids(keyring), [first]);
    await advance(120, keyring);
    const [second] = kids(keyring);
    assert.deepEqual(kids(keyring), [second, first]);
    assert.equal(await signer(keyring), first);
    await advance(hour - 120, keyring);
    assert.equal(await signer(keyring), first);
    await advance(180, keyring);
    assert.equal(await signer(keyring), second);
    assert.deepEqual(kids(keyring), [second, first]);
  });

  it("keeps the old key until its last token has expired", async () => {
    const keyring = await replica();
    const [first] = kids(keyring);
    await advance(30 * day - hour, keyring);
    const old = await token(keyring);
    // It may have signed for an hour more, and clocks may be five minutes slow.
    await advance(2 * hour + 10 * 60 + 5 * 60 - 60, keyring);
    assert.equal(kids(keyring).length, 2);
    assert.ok(await keyring.findPublicKey(first ?? ""));
    await advance(120, keyring);
    assert.equal(kids(keyring).length, 1);
    assert.equal(await keyring.findPublicKey(first ?? ""), undefined);
    await assert.rejects(
      tokensOf(keyring).verify(old),
      /key is unknown to this issuer/,
    );
  });

  it("retires keys on time without a reload", async () => {
    const keyring = await replica();
    const [kid = assert.fail()] = kids(keyring);
    await passes(30 * day + hour + 5);
    assert.deepEqual(kids(keyring), [kid]);
    assert.notEqual(await signer(keyring), kid);
    assert.equal(kids(keyring).length, 2);
    await passes(10 * 60 + 5 * 60);
    assert.equal(kids(keyring).includes(kid), false);
    assert.equal(await keyring.findPublicKey(kid), undefined);
  });

  it("creates one key per rotation, which all replicas use alike", async () => {
    const [one, two] = [await replica(), await replica({}, replicas.second)];
    for (let i = 0; i < 4; i++) {
      await pass(replicas.first, 30 * day - hour + 60);
      await Promise.all([one.load(), two.load()]);
      assert.deepEqual(kids(one), kids(two));
      assert.equal(await signer(one), await signer(two));
      await advance(hour, one, two);
      assert.deepEqual(kids(one), kids(two));
      assert.equal(await signer(one), kids(one)[0]);
    }
    assert.equal(await count(replicas.first, "signing_keys"), 5);
  });

  it("rotates as soon as possible after a missed rotation", async () => {
    const keyring = await replica();
    const [first] = kids(keyring);
    await advance(30 * day + 0.5 * hour, keyring); // the old key may sign for half an hour more
    assert.equal(await signer(keyring), first);
    const [second] = kids(keyring);
    await advance(0.5 * hour + 1, keyring);
    assert.equal(await signer(keyring), second);
    assert.equal(kids(keyring).length, 2);
  });

  it("rotates at once after a year without a replica", async () => {
    const keyring = await replica();
    const [first] = kids(keyring);
    await advance(365 * day, keyring);
    assert.equal(kids(keyring).length, 1);
    assert.notEqual(await signer(keyring), first);
  });

  it("rotates earlier when the period is shortened", async () => {
    await replica();
    await advance(10 * day);
    const keyring = await replica({ rotationIntervalSeconds: 9 * day });
    const [second, first] = kids(keyring);
    assert.equal(await signer(keyring), first);
    await advance(hour + 1, keyring);
    assert.equal(await signer(keyring), second);
    await advance(day, keyring, await replica());
    assert.equal(kids(keyring)[0], second);
  });

  it("keeps a key until its tokens expire when their lifetime is extended", async () => {
    await replica({ rotationIntervalSeconds: 10 * hour });
    await advance(10.9 * hour); // the key may sign for some minutes more
    const keyring = await replica({ tokenLifetimeSeconds: 8 * hour });
    const long = await token(keyring);
    await advance(8 * hour - 60, keyring);
    assert.ok(await tokensOf(keyring).verify(long));
  });

  for (const times of [
    { rotationIntervalSeconds: 0 },
    { publishAheadSeconds: -1 },
    { rotationIntervalSeconds: hour },
    { reloadIntervalSeconds: hour / 2 + 1 },
    { clockSkewSeconds: Number.NaN },
  ])
    it(`rejects the invalid times ${JSON.stringify(times)}`, () => {
      assert.throws(
        () => createKeyring(replicas.first, { keyEncryptionKey, ...times }),
        RangeError,
      );
    });
});

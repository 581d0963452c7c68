import assert from "node:assert/strict";
import { createKeyEncryption } from "../../../../../services/auth/tokens/key-encryption.ts";
import { createKeyring } from "../../../../../services/auth/tokens/keyring.ts";
import {
  count,
  day,
  keyEncryptionKey,
  useReplicas,
} from "../../../../support/auth/domain.ts";
import {
  hour,
  kids,
  otherKey,
  signer,
  token,
  tokensOf,
  useKeyrings,
} from "../../../../support/auth/keyrings.ts";

describe("Encrypted signing keys", () => {
  const replicas = useReplicas();
  const { replica, advance } = useKeyrings(replicas);

  describe("encryption", () => {
    it("stores neither private keys in plain text nor KEY_ENCRYPTION_KEY", async () => {
      await replica();
      const [row] = await replicas.first.query<{ bytes: Buffer; all: string }>(
        "SELECT private_jwk AS bytes, signing_keys::text AS all FROM signing_keys",
      );
      assert.ok(!row?.bytes.toString("latin1").includes('"d"'));
      assert.ok(!row?.all.includes(keyEncryptionKey));
    });

    it("encrypts differently each time, and rejects other keys, other ids and any change", () => {
      const encryption = createKeyEncryption(keyEncryptionKey);
      const bytes = encryption.encrypt("the text", "kid");
      assert.notDeepEqual(encryption.encrypt("the text", "kid"), bytes);
      assert.equal(encryption.decrypt(bytes, "kid"), "the text");
      assert.throws(() => encryption.decrypt(bytes, "other"));
      assert.throws(() => createKeyEncryption(otherKey).decrypt(bytes, "kid"));
      assert.throws(() => encryption.decrypt(bytes.subarray(0, -1), "kid"));
      assert.throws(() => encryption.decrypt(Buffer.alloc(0), "kid"));
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        assert.throws(() => encryption.decrypt(changed, "kid"), `bit ${bit}`);
      }
    });

    it("derives a stable, opaque id from KEY_ENCRYPTION_KEY", () => {
      const { id } = createKeyEncryption(keyEncryptionKey);
      assert.match(id, /^[\w-]{22}$/);
      assert.equal(createKeyEncryption(keyEncryptionKey).id, id);
      assert.notEqual(createKeyEncryption(otherKey).id, id);
    });

    it("rejects a KEY_ENCRYPTION_KEY of less than 32 characters", () => {
      for (const short of ["", "x".repeat(31)])
        assert.throws(
          () => createKeyring(replicas.first, { keyEncryptionKey: short }),
          /^Error: KEY_ENCRYPTION_KEY has \d+ characters; it needs at least 32/,
        );
    });
  });

  describe("another KEY_ENCRYPTION_KEY", () => {
    it("accepts tokens of keys that it can't sign with", async () => {
      const before = await token(await replica());
      const keyring = await replica({ keyEncryptionKey: otherKey });
      assert.equal(kids(keyring).length, 2);
      assert.ok(await tokensOf(keyring).verify(before));
      const after = await token(keyring);
      assert.ok(await tokensOf(keyring).verify(after));
    });

    it("accepts tokens of new keys that it has not read yet", async () => {
      const old = await replica();
      const fresh = await replica(
        { keyEncryptionKey: otherKey },
        replicas.second,
      );
      assert.equal(kids(old).length, 1);
      assert.ok(await tokensOf(old).verify(await token(fresh)));
      assert.ok(await tokensOf(fresh).verify(await token(old)));
    });

    it("signs in each replica with the key of its own KEY_ENCRYPTION_KEY", async () => {
      const old = await replica();
      const fresh = await replica(
        { keyEncryptionKey: otherKey },
        replicas.second,
      );
      const [oldKid, freshKid] = [await signer(old), await signer(fresh)];
      for (let i = 0; i < 5; i++) {
        await Promise.all([old.load(), fresh.load()]);
        await replica({ keyEncryptionKey: otherKey });
        await replica();
      }
      assert.equal(await count(replicas.first, "signing_keys"), 2);
      assert.deepEqual(
        [await signer(old), await signer(fresh)],
        [oldKid, freshKid],
      );
      for (const keyring of [old, fresh]) {
        assert.deepEqual(
          kids(keyring).toSorted(),
          [oldKid, freshKid].toSorted(),
        );
        for (const other of [old, fresh])
          assert.ok(await tokensOf(keyring).verify(await token(other)));
      }
    });

    it("signs with the former key again when KEY_ENCRYPTION_KEY is set back", async () => {
      const first = await signer(await replica());
      await replica({ keyEncryptionKey: otherKey });
      assert.equal(await signer(await replica()), first);
      assert.equal(await count(replicas.first, "signing_keys"), 2);
    });

    it("removes the keys of a KEY_ENCRYPTION_KEY that is no longer used", async () => {
      await replica();
      await advance(10 * day);
      const fresh = await replica({ keyEncryptionKey: otherKey });
      await advance(20 * day + 2 * hour, fresh);
      assert.equal(kids(fresh).length, 1);
    });
  });

  describe("damaged keys", () => {
    const damage = (what: string) =>
      replicas.first.query(`UPDATE signing_keys SET ${what}`);

    it("replaces a damaged key once, and still accepts its tokens", async () => {
      const before = await token(await replica());
      await damage(
        "private_jwk = set_byte(private_jwk, 20, get_byte(private_jwk, 20) # 1)",
      );
      const keyring = await replica();
      assert.ok(await tokensOf(keyring).verify(before));
      for (let i = 0; i < 3; i++) await (await replica()).load();
      assert.equal(await count(replicas.first, "signing_keys"), 2);
      assert.ok(await tokensOf(await replica()).verify(await token(keyring)));
    });

    it("does not sign with a key that has another key's private part", async () => {
      const first = await signer(await replica());
      await replica({ keyEncryptionKey: otherKey });
      await damage(
        `encryption_key_id = (SELECT encryption_key_id FROM signing_keys WHERE kid = '${first}'),
         private_jwk = (SELECT private_jwk FROM signing_keys WHERE kid = '${first}')`,
      );
      assert.equal(await signer(await replica()), first);
    });

    it("rejects a public key that does not match its id", async () => {
      const keyring = await replica();
      const before = await token(keyring);
      const { x, y } =
        (await replica({ keyEncryptionKey: otherKey })).jwks().keys[0] ?? {};
      await damage(
        `public_jwk = '{"kty":"EC","crv":"P-256","x":"${x}","y":"${y}"}'`,
      );
      const next = await replica();
      assert.equal(kids(next).includes(await signer(keyring)), false);
      await assert.rejects(tokensOf(next).verify(before), {
        name: "InvalidTokenError",
      });
      assert.ok(await tokensOf(next).verify(await token(next)));
    });

    it("replaces deleted keys, and rejects their tokens after a reload", async () => {
      const keyring = await replica();
      const before = await token(keyring);
      await replicas.first.query("DELETE FROM signing_keys");
      await keyring.load();
      await assert.rejects(tokensOf(keyring).verify(before), {
        name: "InvalidTokenError",
      });
      assert.ok(await tokensOf(keyring).verify(await token(keyring)));
    });
  });
});

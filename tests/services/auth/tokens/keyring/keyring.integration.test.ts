import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { DatabaseUnavailableError } from "@marquee/service-kit";
import { createKeyring } from "../../../../../services/auth/tokens/keyring.ts";
import {
  count,
  keyEncryptionKey,
  useReplicas,
} from "../../../../support/auth/domain.ts";
import {
  kids,
  otherKey,
  signer,
  token,
  tokensOf,
  useKeyrings,
  user,
  watched,
} from "../../../../support/auth/keyrings.ts";
import { until } from "../../../../support/until.ts";

describe("Signing keys", () => {
  const replicas = useReplicas();
  const { replica } = useKeyrings(replicas);

  describe("JWKS", () => {
    it("contains ES256 public keys without secret parts", async () => {
      const keyring = await replica();
      const { keys } = keyring.jwks();
      assert.equal(keys.length, 1);
      const { kid, x, y, ...rest } = keys[0] ?? {};
      assert.deepEqual(rest, {
        kty: "EC",
        crv: "P-256",
        alg: "ES256",
        use: "sig",
      });
      assert.equal(kid, await signer(keyring));
      for (const value of [kid, x, y]) assert.match(value ?? "", /^[\w-]{43}$/);
    });

    it("uses the RFC 7638 thumbprint as the key's id", async () => {
      const { kid, x, y } = (await replica()).jwks().keys[0] ?? {};
      const members = `{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`;
      assert.equal(
        createHash("sha256").update(members).digest("base64url"),
        kid,
      );
    });

    it("limits the caching time by how far ahead keys are published", async () => {
      assert.equal((await replica()).jwksMaxAgeSeconds, 300);
      assert.equal(
        (await replica({ publishAheadSeconds: 100 })).jwksMaxAgeSeconds,
        25,
      );
    });
  });

  it("creates one key for any number of replicas that start concurrently", async () => {
    const started = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        replica({}, i % 2 ? replicas.first : replicas.second),
      ),
    );
    assert.equal(await count(replicas.first, "signing_keys"), 1);
    assert.equal(new Set(started.flatMap(kids)).size, 1);
  });

  it("keeps the key across a restart, and accepts earlier tokens", async () => {
    const before = await token(await replica());
    const keyring = await replica({}, replicas.second);
    assert.equal((await tokensOf(keyring).verify(before)).sub, user.id);
    assert.equal(await count(replicas.first, "signing_keys"), 1);
  });

  it("finds a key by its id only", async () => {
    const keyring = await replica();
    assert.ok(await keyring.findPublicKey(await signer(keyring)));
    for (const kid of [
      "",
      "x",
      "A".repeat(43),
      "A".repeat(44),
      "\0".repeat(43),
    ])
      assert.equal(await keyring.findPublicKey(kid), undefined);
  });

  it("throws when the keys are read before they are loaded", () => {
    const keyring = createKeyring(replicas.first, { keyEncryptionKey });
    assert.throws(
      () => keyring.jwks(),
      /^Error: The signing keys are not loaded yet\.$/,
    );
  });

  describe("while the database is unavailable", () => {
    it("keeps signing and verifying", async () => {
      const { state, database } = watched(replicas.first);
      const keyring = await replica({ reloadIntervalSeconds: 0.05 }, database);
      state.isUnavailable = true;
      state.refused = 0;
      keyring.start();
      await until(() => state.refused > 1);
      assert.ok(await tokensOf(keyring).verify(await token(keyring)));
      assert.equal(kids(keyring).length, 1);
    });

    it("fails as unavailable, not as invalid, for an unknown key", async () => {
      const { state, database } = watched(replicas.first);
      const keyring = await replica({}, database);
      const other = await replica(
        { keyEncryptionKey: otherKey },
        replicas.second,
      );
      state.isUnavailable = true;
      const unknown = await token(other);
      await assert.rejects(
        tokensOf(keyring).verify(unknown),
        DatabaseUnavailableError,
      );
      state.isUnavailable = false;
      assert.ok(await tokensOf(keyring).verify(unknown));
    });

    it("fails the first load, and loads once the database is back", async () => {
      const { state, database } = watched(replicas.first);
      state.isUnavailable = true;
      const keyring = createKeyring(database, { keyEncryptionKey });
      await assert.rejects(keyring.load(), DatabaseUnavailableError);
      state.isUnavailable = false;
      await keyring.load();
      assert.equal(kids(keyring).length, 1);
    });
  });

  it("reads the keys at most a few times a second for any number of unknown ids", async () => {
    const { state, database } = watched(replicas.first);
    const keyring = await replica({}, database);
    state.statements = 0;
    const start = performance.now();
    for (let round = 0; round < 3; round++)
      await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          keyring.findPublicKey(`${round}${i}`.padEnd(43, "A")),
        ),
      );
    const most = 1 + (performance.now() - start) / 250;
    assert.ok(state.statements <= most, `${state.statements} reads`);
  });

  it("reloads the keys periodically until it is stopped", async () => {
    const { state, database } = watched(replicas.first);
    const keyring = await replica({ reloadIntervalSeconds: 0.1 }, database);
    state.statements = 0;
    keyring.start();
    keyring.start();
    await until(() => state.statements >= 3);
    await keyring.stop();
    const { statements } = state;
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(state.statements, statements);
  });
});
